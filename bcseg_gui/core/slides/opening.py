"""`open_slide`: the right reader for a file, or one clear sentence why there is none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import openslide

from ..errors import UserError
from .damage import DamagedPictureError, NotAPictureError, damaged, explained, no_such_page, not_a_picture
from .finding import find_slides
from .large_picture import LargePicture
from .openslide_reader import OpenSlideSlide
from .picture import MAX_PIXELS_IN_MEMORY, PictureSlide
from .pillow_reader import read_header, read_with_pillow
from .slide import Slide
from .tiff_layout import TiffLayout, is_tiff, read_layout
from .tiff_slide import MAX_COARSEST_PIXELS, TiffSlide, read_page


def open_slide(path: str | Path, page: int = 0) -> Slide:
    """Open a slide or plain picture of any supported format; a folder that holds exactly one slide (DICOM) counts.

    `page` is which picture of a file of several. A plain picture of ordinary size is decoded here, so that damage
    shows now and not half-way; a slide that is cut short opens with a `warning` when some of it can be shown. Raises
    UserError for anything that is missing, empty, unreadable, damaged, too large or no picture.
    """
    path = Path(path)
    try:
        if path.is_dir():
            path = _only_slide(path)
        _check_file(path)
        vendor = openslide.OpenSlide.detect_format(path)
        slide = _open_tiff(path, page, vendor) if is_tiff(path) else None
        if slide is None:
            slide = _open_picture(path) if vendor is None else _open_whole_slide(path)
        if page not in range(len(slide.page_names)):
            slide.close()
            raise no_such_page(path, page, len(slide.page_names))
        return slide
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
        raise not_a_picture(path)
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
        raise damaged(path, error) from error
    try:
        width, height = slide.dimensions
        for corner in ((0, 0), (width - 1, height - 1)):  # some damage shows only in the pixels
            slide.read_region(corner, slide.level_count - 1, (1, 1))
    except BaseException:
        slide.close()
        raise
    return slide


def _open_picture(path: Path) -> Slide:
    with explained(path):
        header = read_header(path)
        if header.size[0] * header.size[1] > MAX_PIXELS_IN_MEMORY:
            return LargePicture(path, header)
        return PictureSlide(path, read_with_pillow(path))


def _open_tiff(path: Path, page: int, vendor: str | None) -> Slide | None:
    """None where OpenSlide alone knows the format."""
    if vendor not in (None, "generic-tiff", "aperio"):
        return None
    try:
        layout = read_layout(path, page)
    except (UserError, OSError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001  a damaged header may raise anything
        if vendor is not None:
            return None
        return _open_small_tiff(path, None, error)
    refusal: UserError | None = None
    if not layout.is_cut and (vendor == "aperio" or (vendor is not None and _suits_openslide(layout))):
        try:
            slide = _open_whole_slide(path)
        except UserError as error:  # some of it may still be readable
            refusal, layout = error, replace(layout, is_cut=True, levels=layout.levels[:1])
        else:
            if vendor == "aperio" or slide.level_dimensions == layout.level_dimensions:
                slide.mpp = slide.mpp or layout.mpp
                slide.objective_power = slide.objective_power or layout.objective_power
                return slide
            slide.close()
    with explained(path):
        try:
            return _open_layout(path, layout)
        except UserError as error:
            raise refusal or error from error


def _suits_openslide(layout: TiffLayout) -> bool:
    """Whether OpenSlide shows this tiled TIFF as it is, with overviews that are small enough."""
    colours, (width, height) = layout.colours, layout.level_dimensions[-1]
    is_usual = layout.is_plain and colours.palette is None and not (colours.has_alpha or colours.is_cmyk)
    return (
        is_usual
        and not colours.is_turned
        and len(layout.page_names) == 1
        and layout.levels[0][0].is_tiled
        and width * height <= MAX_COARSEST_PIXELS
    )


def _open_layout(path: Path, layout: TiffLayout) -> Slide:
    width, height = layout.level_dimensions[0]
    image = layout.levels[0][0]
    exceeds_memory = width * height > MAX_PIXELS_IN_MEMORY
    if len(layout.levels) == 1 and not image.is_tiled:
        if not exceeds_memory:
            return _open_small_tiff(path, layout, DamagedPictureError("its pixels cannot be decoded"))
        if not image.is_sequential:
            return LargePicture(path, layout)
    if exceeds_memory or layout.is_cut or len(layout.levels) > 1:
        return TiffSlide(path, layout)
    return _open_small_tiff(path, layout, DamagedPictureError("its pixels cannot be decoded"))


def _open_small_tiff(path: Path, layout: TiffLayout | None, reason: Exception) -> Slide:
    """Decode a page whole: by Pillow what it shows as well as any, else by its pieces."""
    with explained(path):
        if layout is not None and not (layout.is_plain and len(layout.page_names) == 1):
            return PictureSlide(path, read_page(path, layout))
        try:
            picture = read_with_pillow(path)
        except NotAPictureError:
            if layout is None:
                raise DamagedPictureError("its TIFF header leads nowhere") from reason
            picture = read_page(path, layout)
        if layout is not None:
            picture = replace(picture, mpp=layout.mpp, details=layout.details, objective_power=layout.objective_power)
        return PictureSlide(path, picture)
