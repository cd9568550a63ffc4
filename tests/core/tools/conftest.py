"""A mask or a picture that tools read, far out on an enormous slide if need be."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import CLASS_BITS
from bcseg_gui.core.tools.change import Change

FAR = (99_000, 98_000)


class Canvas:
    """`plane` (h, w) or (h, w, 3) lies at `at` on the slide `whole`; beyond it there is `beyond`.

    Remembers how much was read at once.
    """

    def __init__(
        self,
        plane: NDArray[np.uint8],
        at: tuple[int, int] = (0, 0),
        whole: Region | None = None,
        beyond: int = 0,
    ) -> None:
        self.plane = plane
        self.region = Region(*at, plane.shape[1], plane.shape[0])
        self.whole = whole or self.region
        self.beyond = beyond
        self.largest_read = 0

    def read(self, region: Region) -> NDArray[np.uint8]:
        self.largest_read = max(self.largest_read, region.area)
        found = np.full((region.h, region.w, *self.plane.shape[2:]), self.beyond, np.uint8)
        common = region.intersected(self.region)
        if not common.is_empty:
            found[common.slices_in(region)] = self.plane[common.slices_in(self.region)]
        return found

    def apply(self, changes: Iterable[Change]) -> None:
        for change in changes:
            assert change.where.shape == (change.region.h, change.region.w)
            common = change.region.intersected(self.region)
            beyond = change.where.copy()
            beyond[common.slices_in(change.region)] = False
            assert not beyond.any(), "painted beyond the slide"
            if not common.is_empty:
                here = self.plane[common.slices_in(self.region)]
                here[change.where[common.slices_in(change.region)]] = change.class_id

    @property
    def classes(self) -> NDArray[np.uint8]:
        return self.plane & np.uint8(CLASS_BITS)

    def cells(self, class_id: int = 1) -> int:
        """The number of cells of a class."""
        return int(cv2.connectedComponents((self.classes == class_id).astype(np.uint8), connectivity=4)[0]) - 1


@pytest.fixture(scope="session")
def canvas() -> type[Canvas]:
    return Canvas


@pytest.fixture(scope="session")
def far_out() -> Callable[..., Canvas]:
    """Puts a plane into the far corner of a slide of 100,000²."""
    return lambda plane, beyond=0: Canvas(plane, FAR, Region(0, 0, 100_000, 100_000), beyond)


@pytest.fixture(scope="session")
def discs() -> Callable[..., NDArray[np.uint8]]:
    """Makes a mask of a shape with filled circles (x, y, radius) of a class."""

    def make(shape: tuple[int, int], *circles: tuple[int, int, int], class_id: int = 1) -> NDArray[np.uint8]:
        mask = np.zeros(shape, np.uint8)
        for x, y, radius in circles:
            cv2.circle(mask, (x, y), radius, class_id, cv2.FILLED)
        return mask

    return make
