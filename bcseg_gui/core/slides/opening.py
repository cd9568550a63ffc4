"""`open_slide`: the right reader for a file, or one clear sentence why there is none."""

from __future__ import annotations

from pathlib import Path

import openslide

from ..errors import UserError
from .finding import find_slides
from .openslide_reader import OpenSlideSlide
from .picture import Picture, PictureSlide
from .pillow_reader import DamagedPictureError, NotAPictureError, read_with_pillow
from .slide import Slide
from .tiff_reader import is_tiff, needs_tifffile, read_with_tifffile, tiff_mpp


def open_slide(path: str | Path) -> Slide:
    """Open a slide or plain picture of any supported format; a folder that holds exactly one slide (DICOM) counts.

    A plain picture is decoded here, so that damage shows now and not half-way. Raises UserError for anything that
    is missing, empty, unreadable, damaged, too large or no picture.
    """
    path = Path(path)
    try:
        if path.is_dir():
            path = _only_slide(path)
        _check_file(path)
        vendor = openslide.OpenSlide.detect_format(path)
        if vendor is not None and not (vendor == "generic-tiff" and needs_tifffile(path)):
            return _open_whole_slide(path)
        return PictureSlide(path, _read_picture(path))
    except PermissionError:
        raise UserError(
            "“{path}” cannot be read: you do not have permission. Ask its owner, or copy it to a folder of yours.",
            path=path,
        ) from None
    except FileNotFoundError:
        raise UserError(
            "“{path}” does not exist. Check the name, and that its drive is connected.", path=path
        ) from None
    except MemoryError:
        raise UserError(
            "“{path}” does not fit into this computer's memory. Save it as a pyramidal slide, for instance a tiled "
            "TIFF, or cut it.",
            path=path,
        ) from None
    except OSError as error:
        raise UserError(
            "“{path}” cannot be read ({reason}). Check that its drive is connected and try again.",
            path=path,
            reason=error.strerror or str(error),
        ) from error


def _check_file(path: Path) -> None:
    size = path.stat().st_size
    if not path.is_file():
        raise _not_a_picture(path)
    if size == 0:
        raise UserError("“{path}” is empty (0 bytes). Copy it again from its source.", path=path)
    with path.open("rb") as file:  # shows a missing permission
        file.read(1)


def _only_slide(folder: Path) -> Path:
    slides = find_slides([folder])
    if len(slides) != 1:
        raise UserError(
            "The folder “{path}” holds {count} slides. Choose one of them, or open the folder as a worklist.",
            path=folder,
            count=len(slides),
        )
    return slides[0]


def _open_whole_slide(path: Path) -> Slide:
    try:
        slide = OpenSlideSlide(path)
    except openslide.OpenSlideError as error:
        raise _damaged(path, error) from error
    slide.read_region((0, 0), slide.level_count - 1, (1, 1))  # some damage shows only in the pixels
    return slide


def _read_picture(path: Path) -> Picture:
    try:
        if is_tiff(path):
            if needs_tifffile(path):
                return read_with_tifffile(path)
            picture = read_with_pillow(path)
            return Picture(picture.pixels, tiff_mpp(path), picture.properties)
        return read_with_pillow(path)
    except (UserError, PermissionError, FileNotFoundError, MemoryError):
        raise
    except NotAPictureError:
        raise (_damaged(path, "its TIFF header leads nowhere") if is_tiff(path) else _not_a_picture(path)) from None
    except DamagedPictureError as error:
        raise _damaged(path, error) from None
    except Exception as error:  # a decoder fed with damaged bytes may raise anything
        raise _damaged(path, error) from error


def _damaged(path: Path, reason: object) -> UserError:
    return UserError(
        "“{path}” is damaged, cut short, or of a kind that cannot be read ({reason}). Copy it again from its source, "
        "or save it as TIFF or PNG.",
        path=path,
        reason=str(reason) or type(reason).__name__,
    )


def _not_a_picture(path: Path) -> UserError:
    return UserError(
        "“{path}” is not a picture or slide that can be read here. Choose a PNG, JPEG, TIFF or BMP picture, or a "
        "whole slide such as SVS, NDPI, MRXS or DICOM.",
        path=path,
    )
