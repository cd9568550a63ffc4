"""`Slide`: one interface to pixels, whatever the file, with OpenSlide's names and RGB arrays."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from ..geometry import Region

PLAUSIBLE_MPP = (0.02, 5.0)
"""Plausible µm per pixel of a microscope; values outside (72 dpi is 353 µm) are defaults, not measurements."""

_MAX_READ = 1 << 24
"""Pixels `read_scaled` asks of a level at once, so that a slide without overview levels does not fill the memory."""


class Slide(ABC):
    """A source picture with its overview levels; level 0 is the full size, the downsamples grow with the level.

    Reading is safe from several threads at once, also while another one closes the slide; after a read that failed a
    later one may succeed. `mpp` is in µm per level-0 pixel, None when the file does not say it credibly.
    `page` counts the pictures of one file from 0, `page_names` has one entry for each. `associated_images` are the
    label, macro and such, RGB, read on demand. `details` are harmless facts for a person (format, scanner), never
    names, dates or numbers of a case. `warning` says what cannot be shown of a file that is not whole.
    """

    def __init__(
        self,
        path: Path,
        level_dimensions: tuple[tuple[int, int], ...],
        level_downsamples: tuple[float, ...],
        *,
        properties: Mapping[str, str],
        mpp: float | None,
        associated_images: Mapping[str, NDArray[np.uint8]] | None = None,
        objective_power: float | None = None,
        page: int = 0,
        page_names: tuple[str, ...] = ("1",),
        details: Mapping[str, str] | None = None,
        warning: UserError | None = None,
    ) -> None:
        self.path = path
        self.level_dimensions = level_dimensions
        self.level_downsamples = level_downsamples
        self.properties = properties
        self.mpp = mpp
        self.associated_images: Mapping[str, NDArray[np.uint8]] = associated_images or {}
        self.objective_power = objective_power
        self.page = page
        self.page_names = page_names
        self.details: Mapping[str, str] = details or {}
        self.warning = warning

    @property
    def private_images(self) -> frozenset[str]:
        """Names of the associated images that may show a patient's name: all but the thumbnail."""
        return frozenset(self.associated_images) - {"thumbnail"}

    @property
    def level_count(self) -> int:
        return len(self.level_dimensions)

    @property
    def dimensions(self) -> tuple[int, int]:
        """(width, height) of level 0."""
        return self.level_dimensions[0]

    def clipped(self, region: Region | None) -> Region:
        """The part of `region` that lies on the slide; None is the whole slide. Raises UserError when it is empty."""
        everything = Region(0, 0, *self.dimensions)
        covered = everything if region is None else region.intersected(everything)
        if covered.is_empty:
            raise UserError("The chosen region lies outside {path}. Choose one inside.", path=self.path)
        return covered

    def get_best_level_for_downsample(self, downsample: float) -> int:
        """The coarsest level at least as fine as `downsample`, within 1 %."""
        best = 0
        for level, level_downsample in enumerate(self.level_downsamples):
            if level_downsample <= downsample * 1.01:
                best = level
        return best

    def reads_cheaply(self, level: int) -> bool:
        """Whether regions of the level can be read directly; otherwise the whole level must be unpacked first."""
        return True

    def read_region(self, location: tuple[int, int], level: int, size: tuple[int, int]) -> NDArray[np.uint8]:
        """RGB (height, width, 3) of `size` = (width, height) pixels of a level.

        `location` is the top left corner in LEVEL-0 pixels, as in OpenSlide. What lies outside the slide is white.
        Raises UserError when the file can no longer be read, IndexError for a level that does not exist.
        """
        width, height = size
        if not 0 <= level < self.level_count:
            raise IndexError(f"level {level} of {self.level_count}")
        if width < 0 or height < 0:
            raise ValueError(f"size {size} is negative")
        scale = self.level_downsamples[level]
        # One level pixel of margin: which pixels a fractional location touches depends on the reader.
        reach = Region(
            location[0] - int(scale) - 1,
            location[1] - int(scale) - 1,
            int((width + 2) * scale) + 2,
            int((height + 2) * scale) + 2,
        )
        if width == 0 or height == 0 or reach.intersected(Region(0, 0, *self.dimensions)).is_empty:
            return np.full((height, width, 3), 255, np.uint8)
        return self._read(location, level, size)

    @abstractmethod
    def _read(self, location: tuple[int, int], level: int, size: tuple[int, int]) -> NDArray[np.uint8]:
        """`read_region` with a valid level, a size above 0 and a region on or near the slide."""

    @abstractmethod
    def close(self) -> None:
        """Close the file; a read in progress completes, later ones raise UserError."""

    def _closed(self) -> UserError:
        return UserError("“{path}” was closed. Open it again to see it.", path=self.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.path)!r}, {self.dimensions}, levels={self.level_count})"


def read_scaled(slide: Slide, region: Region, size: tuple[int, int]) -> NDArray[np.uint8]:
    """RGB (h, w, 3) of the level-0 `region` resized to `size` = (w, h), from the coarsest level that is fine enough.

    Averages over the area when shrinking, interpolates linearly when enlarging; outside the slide is white. Placed
    to within one pixel of the level read. Raises UserError when the file can no longer be read, ValueError when the
    region or size is empty.
    """
    width, height = size
    if region.is_empty or width <= 0 or height <= 0:
        raise ValueError(f"nothing to read: {region} to {size}")
    downsample = min(region.w / width, region.h / height)
    level = slide.get_best_level_for_downsample(downsample)
    scale = slide.level_downsamples[level]
    level_size = (max(1, round(region.w / scale)), max(1, round(region.h / scale)))
    if level_size[0] * level_size[1] > _MAX_READ and max(size) > 1:
        return _read_halves(slide, region, size)
    pixels = slide.read_region((region.x, region.y), level, level_size)
    if level_size == size:
        return pixels
    shrinks = width <= level_size[0] and height <= level_size[1]
    resized = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return np.asarray(resized, np.uint8)


def _read_halves(slide: Slide, region: Region, size: tuple[int, int]) -> NDArray[np.uint8]:
    width, height = size
    if width >= height:
        half = width // 2
        cut = round(region.w * half / width)
        left = Region(region.x, region.y, cut, region.h)
        right = Region(region.x + cut, region.y, region.w - cut, region.h)
        return np.hstack([read_scaled(slide, left, (half, height)), read_scaled(slide, right, (width - half, height))])
    half = height // 2
    cut = round(region.h * half / height)
    top = Region(region.x, region.y, region.w, cut)
    bottom = Region(region.x, region.y + cut, region.w, region.h - cut)
    return np.vstack([read_scaled(slide, top, (width, half)), read_scaled(slide, bottom, (width, height - half))])


def unreadable(path: Path, reason: object) -> UserError:
    """The error for a failed read."""
    if not path.exists():
        return UserError(
            "“{path}” is no longer there. Connect its drive, or put the file back, and open it again.", path=path
        )
    return UserError(
        "A part of “{path}” cannot be read ({reason}). The file may be damaged: copy it again from its source.",
        path=path,
        reason=str(reason) or type(reason).__name__,
    )


def replaced(path: Path) -> UserError:
    """The error for a file that was replaced since it was opened."""
    return UserError("“{path}” was replaced by another file while it was open. Open it again to see it.", path=path)


def cut_short(path: Path) -> UserError:
    """The warning for an incomplete slide."""
    return UserError(
        "“{path}” is damaged or cut short: what is left of it is shown, the missing parts are marked. Copy it again "
        "from its source.",
        path=path,
    )


def plausible_mpp(x: float | None, y: float | None) -> float | None:
    """The mean of both µm per pixel, or None when one is absent or implausible, or they differ by over 5 %."""
    if x is None or y is None or not (PLAUSIBLE_MPP[0] <= x <= PLAUSIBLE_MPP[1]) or abs(x - y) > 0.05 * x:
        return None
    return (x + y) / 2


def plausible_power(power: float | None) -> float | None:
    """The nominal magnification of an objective, or None if the value is implausible."""
    return power if power is not None and 0.5 <= power <= 200 else None
