"""Pictures whose regions cannot be read by themselves and that are too large for memory: unpacked when first read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .level_file import halving
from .pillow_reader import Header
from .slide import Slide, cut_short
from .tiff_layout import TiffLayout
from .unpacking import Source, Unpacked


class LargePicture(Slide):
    """Opened from its header; the first read waits until pixels and overviews are in a temporary file."""

    def __init__(self, path: Path, header: Header | TiffLayout) -> None:
        tiff = header if isinstance(header, TiffLayout) else None
        dimensions = halving(*(header.level_dimensions[0] if isinstance(header, TiffLayout) else header.size))
        super().__init__(
            path,
            dimensions,
            tuple(float(1 << level) for level in range(len(dimensions))),
            properties=header.properties,
            mpp=header.mpp,
            objective_power=tiff.objective_power if tiff else None,
            page=tiff.page if tiff else 0,
            page_names=tiff.page_names if tiff else ("1",),
            details=header.details,
            warning=cut_short(path) if tiff and tiff.is_cut else None,
        )
        source = Source(path, self.page, 0 if tiff else None, is_cut=self.warning is not None)
        self._unpacked = Unpacked(source, dimensions)

    def reads_cheaply(self, level: int) -> bool:
        return self._unpacked.is_there

    def _read(self, location: tuple[int, int], level: int, size: tuple[int, int]) -> NDArray[np.uint8]:
        x, y = (round(v / self.level_downsamples[level]) for v in location)
        try:
            return self._unpacked.read(level, x, y, *size)
        except ValueError:
            raise self._closed() from None

    def close(self) -> None:
        self._unpacked.close()
