"""What a TIFF holds: its pages (pictures), the levels of each, and where their compressed pieces lie."""

from __future__ import annotations

import itertools
import logging
import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from ..errors import UserError
from . import tiff_metadata
from .damage import no_such_page
from .tiff_colours import Colours, colours_of

# What is wrong with a file is said by the reader that fails on it. The lines of tifffile hold names of files, which may
# be those of patients: neither the terminal nor the log file gets them.
logging.getLogger("tifffile").addHandler(logging.NullHandler())
logging.getLogger("tifffile").propagate = False

_ASIDE = re.compile(r"label(?!l?ed|l?ing)|macro(?!phage|cyt)|thumbnail|overview", re.IGNORECASE)
"""Words in the names of pictures that are not pages: they show the same slide, or the patient's name."""
_TITLE_LINES, _TITLE_LENGTH = 2, 100
"""What of a description may be a name: Aperio writes “label 387x463” into its second line."""
_MASK, _REDUCED, _MACRO = 4, 1, 8


@dataclass(frozen=True, slots=True)
class StoredImage:
    """One stored plane of a level: its compressed pieces (tiles or strips). No open file stands behind it.

    Pieces are counted row by row, then, where the samples of a pixel are stored apart, sample by sample.
    """

    path: Path
    width: int
    height: int
    samples: int
    piece_width: int
    piece_height: int
    is_tiled: bool
    is_separate: bool
    is_sequential: bool
    """Uncompressed strips: any run of pixels can be read by itself."""
    dtype: np.dtype[Any]
    stored_dtype: np.dtype[Any]
    offsets: NDArray[np.int64]
    counts: NDArray[np.int64]
    decode: Callable[..., Any]
    tables: Mapping[str, Any]

    @property
    def across(self) -> int:
        return -(-self.width // self.piece_width)

    @property
    def down(self) -> int:
        return -(-self.height // self.piece_height)

    def is_cut(self, file_size: int) -> bool:
        """Whether pieces lie beyond the file's end."""
        wanted = self.across * self.down * (self.samples if self.is_separate else 1)
        return len(self.offsets) < wanted or int((self.offsets + self.counts).max(initial=0)) > file_size


@dataclass(frozen=True, slots=True)
class TiffLayout:
    """One page of a TIFF: for each level the stored planes (one, or up to three channels), and what is known of it."""

    page: int
    page_names: tuple[str, ...]
    levels: tuple[tuple[StoredImage, ...], ...]
    colours: Colours
    is_cut: bool
    mpp: float | None
    objective_power: float | None
    details: Mapping[str, str]
    properties: Mapping[str, str]

    @property
    def level_dimensions(self) -> tuple[tuple[int, int], ...]:
        """(width, height) of each level, upright."""
        return tuple(self.colours.upright_size(level[0].width, level[0].height) for level in self.levels)

    @property
    def is_plain(self) -> bool:
        """8-bit samples in one plane, as every reader shows them."""
        return len(self.levels[0]) == 1 and self.colours.is_plain


@dataclass(frozen=True, slots=True)
class _Page:
    """Which planes of a series make up one picture: one, or up to three channels."""

    series: tifffile.TiffPageSeries
    index: int
    planes: tuple[int, ...]
    name: str


def is_tiff(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def read_layout(path: Path, page: int) -> TiffLayout:
    """Parse the headers. Raises UserError for a page that does not exist; damaged files may raise anything."""
    with tifffile.TiffFile(path) as tiff:
        pages = _pages(tiff)
        if not pages:
            raise tifffile.TiffFileError("its TIFF header leads nowhere")
        if not 0 <= page < len(pages):
            raise no_such_page(path, page, len(pages))
        chosen = pages[page]
        if page and not _is_stored(chosen):
            raise UserError(
                "Page {page} of “{path}” is in another file, which is missing. Put the files of this picture into one "
                "folder, with their own names.",
                page=page + 1,
                path=path,
            )
        size = tiff.filehandle.size
        stored = [_level(level, chosen.planes) for level in chosen.series.levels]
        cut = [any(image.is_cut(size) for image in images) for images in stored]
        first = chosen.series.keyframe
        # An overview of which parts are missing is made anew from level 0, where they can be marked.
        levels = [images for images, is_cut in zip(stored, cut, strict=True) if images and not is_cut]
        levels = levels if levels and not cut[0] else [stored[0], *levels]
        if not stored[0]:
            raise tifffile.TiffFileError("its first level is missing")
        return TiffLayout(
            page=page,
            page_names=tuple(p.name for p in pages),
            levels=tuple(levels),
            colours=colours_of(first),
            is_cut=any(cut) or _loses_pages(tiff),
            mpp=tiff_metadata.mpp(tiff, chosen.series, chosen.index),
            objective_power=tiff_metadata.objective_power(tiff, chosen.index),
            details=tiff_metadata.details(tiff, first, len(levels)),
            properties={"picture.format": "TIFF", "picture.mode": f"{first.dtype} × {_samples(stored[0])}"},
        )


def _samples(images: tuple[StoredImage, ...]) -> int:
    return len(images) if len(images) > 1 else images[0].samples


def _pages(tiff: tifffile.TiffFile) -> list[_Page]:
    all_series = [series for series in _series(tiff) if 0 not in series.shape]
    kept = [(i, series) for i, series in enumerate(all_series) if i == 0 or not _is_aside(tiff, series)]
    pages: list[_Page] = []
    for index, series in kept:
        outer = [(axis, n) for axis, n in zip(series.axes, series.shape, strict=True) if axis not in "YXS"]
        if series.keyframe.imagedepth > 1:  # of a volume in one page, its first slice
            outer = outer[:-1]
        strides = {axis: int(np.prod([n for _a, n in outer[i + 1 :]], dtype=int)) for i, (axis, _n) in enumerate(outer)}
        channels = min(dict(outer).get("C", 1), 3)
        others = [(axis, n) for axis, n in outer if axis != "C"]
        for at in itertools.product(*(range(n) for _axis, n in others)):
            start = sum(i * strides[axis] for (axis, _n), i in zip(others, at, strict=True))
            if start and _is_loose(series) and _ASIDE.search(_title(series[start])):
                continue
            planes = tuple(start + channel * strides.get("C", 0) for channel in range(channels))
            name = _name(
                series if len(kept) > 1 else None, [(a, i) for (a, n), i in zip(others, at, strict=True) if n > 1]
            )
            pages.append(_Page(series, index, planes, name or str(len(pages) + 1)))
    # Only from the end: a page between others keeps its number, by which its mask is known.
    while len(pages) > 1 and not _is_stored(pages[-1]):
        pages.pop()
    return pages


def _is_stored(page: _Page) -> bool:
    """Whether it can be opened: of an OME-TIFF of several files, one may be missing."""
    series = page.series
    return series.is_truncated or all(plane < len(series) and series[plane] is not None for plane in page.planes)


def _series(tiff: tifffile.TiffFile) -> list[tifffile.TiffPageSeries]:
    """The pictures in the file; where a later page is damaged, the first one alone."""
    try:
        return tiff.series
    except tifffile.TiffFileError:
        return [tifffile.TiffPageSeries([tiff.pages.first])]


def _name(series: tifffile.TiffPageSeries | None, at: list[tuple[str, int]]) -> str:
    """The picture's own name, and where in its stack the plane lies; empty when there is none."""
    parts = [series.name or str(series.keyframe.tags.valueof(285) or "")] if series else []
    parts += [f"{axis.lower()} {i + 1}" for axis, i in at if axis in "ZTC"]
    return " ".join(part for part in parts if part)


def _is_aside(tiff: tifffile.TiffFile, series: tifffile.TiffPageSeries) -> bool:
    """Whether a series only shows the first one again: a thumbnail, label or mask."""
    keyframe = series.keyframe
    is_named = _ASIDE.search(f"{series.name}\n{_title(keyframe)}") is not None
    return is_named or bool(keyframe.subfiletype & (_REDUCED | _MASK | _MACRO)) or keyframe.is_subifd or tiff.is_svs


def _is_loose(series: tifffile.TiffPageSeries) -> bool:
    """Whether only the size makes its pages one series, so that each may show something else."""
    return series.kind in ("generic", "uniform")


def _title(page: tifffile.TiffPage | tifffile.TiffFrame | None) -> str:
    """The title of a page: its name and the first lines of its description."""
    if page is None:
        return ""
    tags = page.aspage().tags
    lines = str(tags.valueof(270) or "").splitlines()[:_TITLE_LINES]
    return "\n".join([str(tags.valueof(285) or ""), *(line[:_TITLE_LENGTH] for line in lines)])


def _level(series: tifffile.TiffPageSeries, planes: tuple[int, ...]) -> tuple[StoredImage, ...]:
    """The stored planes of a level; empty when one is not in the file."""
    images = []
    for plane in planes:
        shift = 0
        if plane and series.is_truncated:  # one header stands for a whole stack stored in one piece
            shift, page = plane * series.keyframe.nbytes, series[0]
        else:
            page = series[plane] if plane < len(series) else None
        if page is None:
            return ()
        images.append(_stored_image(page, shift))
    return tuple(images)


def _stored_image(page: tifffile.TiffPage | tifffile.TiffFrame, shift: int) -> StoredImage:
    key = page.keyframe
    if key is None or key.dtype is None or key.imagewidth * key.imagelength == 0:
        raise tifffile.TiffFileError("its samples are not supported")
    is_separate = key.planarconfig == 2 and key.samplesperpixel > 1
    is_regular = key.bitspersample in (8, 16, 32, 64) and key.predictor == 1 and key.fillorder == 1
    piece = (
        (key.tilewidth, key.tilelength) if key.is_tiled else (key.imagewidth, min(key.rowsperstrip, key.imagelength))
    )
    is_jpeg = key.compression in (6, 7, 34892, 33007)
    return StoredImage(
        path=Path(page.parent.filehandle.path),
        width=key.imagewidth,
        height=key.imagelength,
        samples=key.samplesperpixel,
        piece_width=piece[0],
        piece_height=max(1, piece[1]),
        is_tiled=key.is_tiled,
        is_separate=is_separate,
        is_sequential=key.compression == 1 and not key.is_tiled and is_regular,
        dtype=np.dtype(key.dtype),
        stored_dtype=np.dtype(key.dtype).newbyteorder(key.parent.byteorder),
        offsets=np.asarray(page.dataoffsets, np.int64) + shift,
        counts=np.asarray(page.databytecounts, np.int64),
        decode=key.decode,
        tables={"jpegtables": page.jpegtables, "jpegheader": key.jpegheader} if is_jpeg else {},
    )


def _loses_pages(tiff: tifffile.TiffFile) -> bool:
    """Whether the chain of pages leads past the end of the file or into unwritten bytes."""
    file, form = tiff.filehandle, tiff.tiff
    try:
        last = tiff.pages[len(tiff.pages) - 1]
    except tifffile.TiffFileError:
        return True
    if isinstance(last, tifffile.TiffPage) and not (last.shape and last.dataoffsets):
        return True
    file.seek(last.offset)
    (tags,) = struct.unpack(form.tagnoformat, file.read(form.tagnosize))
    file.seek(last.offset + form.tagnosize + tags * form.tagsize)
    following = file.read(form.offsetsize)
    return len(following) < form.offsetsize or any(following)
