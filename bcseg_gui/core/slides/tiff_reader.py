"""TIFFs the others show wrongly or not at all: 16-bit and deeper, OME-TIFF, several channels."""

from __future__ import annotations

import logging
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray

from .picture import Picture, check_size
from .pixels import to_rgb, to_uint8, upright
from .slide import plausible_mpp

# What is wrong with a file is said by the reader that fails on it, not by stray lines on the terminal.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

_MICRONS = {"nm": 1e-3, "µm": 1.0, "μm": 1.0, "um": 1.0, "micron": 1.0, "microns": 1.0, "mm": 1e3, "cm": 1e4, "m": 1e6}
_ORIENTATION_TAG = 274


def is_tiff(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def needs_tifffile(path: Path) -> bool:
    """Whether OpenSlide and Pillow would cut this TIFF's depth or show one channel of many."""
    try:
        with tifffile.TiffFile(path) as tiff:
            page = tiff.series[0].keyframe
            return page.bitspersample not in (1, 2, 4, 8) or page.sampleformat not in (1, 4) or _channels(tiff) > 1
    except Exception:  # noqa: BLE001 - a damaged header may raise anything; the next reader says what is wrong
        return False


def tiff_mpp(path: Path) -> float | None:
    """µm per pixel from OME or ImageJ metadata, else from the resolution tags; None when none is credible."""
    try:
        with tifffile.TiffFile(path) as tiff:
            return _ome_mpp(tiff) or _imagej_mpp(tiff) or _tag_mpp(tiff)
    except Exception:  # noqa: BLE001 - metadata only: a picture without a scale is still a picture
        return None


def read_with_tifffile(path: Path) -> Picture:
    """Decode the first plane of the first series. Raises UserError (size) and whatever a damaged file provokes."""
    with tifffile.TiffFile(path) as tiff:
        page = tiff.series[0].keyframe
        check_size(path, page.imagewidth, page.imagelength)
        try:
            values, is_upright = _channel_stack(tiff), False
        except ValueError as error:
            if "imagecodecs" not in str(error):
                raise
            values, is_upright = _read_with_cv2(path, _plane_indices(tiff)), True
        if page.photometric == tifffile.PHOTOMETRIC.MINISWHITE and values.dtype.kind == "u":
            values = np.iinfo(values.dtype).max - values
        alpha = values.ndim == 3 and len(page.extrasamples) == 1 and values.shape[2] in (2, 4)
        alpha = alpha and page.extrasamples[0] in (tifffile.EXTRASAMPLE.ASSOCALPHA, tifffile.EXTRASAMPLE.UNASSALPHA)
        if alpha:
            colours = to_uint8(values[..., :-1])
            opacity = (values[..., -1:] / (np.iinfo(values.dtype).max / 255)).round().astype(np.uint8)
            rgb = to_rgb(np.concatenate([colours, opacity], axis=-1), alpha=True)
        else:
            rgb = to_rgb(to_uint8(values))
        if not is_upright and _ORIENTATION_TAG in page.tags:
            rgb = upright(rgb, int(page.tags[_ORIENTATION_TAG].value))
        properties = {"picture.format": "TIFF", "picture.mode": f"{values.dtype} × {_samples(values)}"}
    return Picture(rgb, tiff_mpp(path), properties)


def _samples(values: NDArray[Any]) -> int:
    return 1 if values.ndim == 2 else int(values.shape[2])


def _channels(tiff: tifffile.TiffFile) -> int:
    """Channels kept as planes of their own (axis C), not as samples of a pixel."""
    series = tiff.series[0]
    return int(series.shape[series.axes.index("C")]) if "C" in series.axes else 1


def _plane_indices(tiff: tifffile.TiffFile) -> list[int]:
    """Which pages of the series hold the channels of its first plane (first of the stack, first in time)."""
    series = tiff.series[0]
    outer = [(axis, int(n)) for axis, n in zip(series.axes, series.shape, strict=True) if axis not in "YXS"]
    stride, strides = 1, {}
    for axis, n in reversed(outer):
        strides[axis] = stride
        stride *= n
    return [channel * strides.get("C", 0) for channel in range(min(_channels(tiff), 3))]


def _channel_stack(tiff: tifffile.TiffFile) -> NDArray[Any]:
    """(h, w) or (h, w, c) of the first plane."""
    series = tiff.series[0]
    planes = _plane_indices(tiff)
    if len(series.pages) > planes[-1]:
        pages = [series.pages[i] for i in planes]
        stack = [_plane(page.asarray(), page.axes) for page in pages if page is not None]
    else:  # one page stands for a whole contiguous stack (ImageJ)
        plane_axes = "".join(axis for axis in series.axes if axis in "YXS")
        shape = tuple(n for axis, n in zip(series.axes, series.shape, strict=True) if axis in "YXS")
        everything = series.asarray().reshape(-1, *shape)
        stack = [_plane(everything[i], plane_axes) for i in planes]
    return stack[0] if len(stack) == 1 else np.stack([p if p.ndim == 2 else p[..., 0] for p in stack], axis=-1)


def _plane(values: NDArray[Any], axes: str) -> NDArray[Any]:
    """Samples last; of a volume, its first slice."""
    while values.ndim > 2 and axes[0] not in "YXS":
        values, axes = values[0], axes[1:]
    return np.moveaxis(values, 0, -1) if axes.startswith("S") else values


def _read_with_cv2(path: Path, planes: list[int]) -> NDArray[Any]:
    """LZW and other compressions tifffile needs a further package for. OpenCV turns the picture upright itself."""
    ok, pages = cv2.imdecodemulti(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    if not ok or len(pages) <= planes[-1]:
        raise ValueError("this kind of compression is not supported")
    stack = [pages[i] for i in planes]
    if len(stack) > 1:
        return np.stack([p if p.ndim == 2 else p[..., 0] for p in stack], axis=-1)
    page = stack[0]
    order = {3: [2, 1, 0], 4: [2, 1, 0, 3]}.get(_samples(page))
    return page[..., order] if page.ndim == 3 and order else page


def _ome_mpp(tiff: tifffile.TiffFile) -> float | None:
    if not tiff.ome_metadata:
        return None
    pixels = ElementTree.fromstring(tiff.ome_metadata).find(".//{*}Pixels")
    if pixels is None:
        return None
    sizes = []
    for axis in "XY":
        unit = _MICRONS.get(pixels.get(f"PhysicalSize{axis}Unit", "µm"))
        size = pixels.get(f"PhysicalSize{axis}")
        sizes.append(float(size) * unit if size and unit else None)
    return plausible_mpp(sizes[0], sizes[1])


def _imagej_mpp(tiff: tifffile.TiffFile) -> float | None:
    unit = _MICRONS.get(str((tiff.imagej_metadata or {}).get("unit", "")).replace("\\u00B5", "µ"))
    return _resolution_mpp(tiff, unit) if unit else None


def _tag_mpp(tiff: tifffile.TiffFile) -> float | None:
    unit = tiff.pages.first.tags.valueof(296)
    return _resolution_mpp(tiff, {2: 25_400.0, 3: 10_000.0}[unit]) if unit in (2, 3) else None


def _resolution_mpp(tiff: tifffile.TiffFile, unit_microns: float) -> float | None:
    sizes = []
    for tag in (282, 283):  # XResolution, YResolution: pixels per unit, a fraction
        numerator, denominator = tiff.pages.first.tags.valueof(tag) or (0, 1)
        sizes.append(unit_microns * denominator / numerator if numerator else None)
    return plausible_mpp(sizes[0], sizes[1])
