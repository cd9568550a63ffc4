"""Fixtures: pictures on disk, an open project, reviewed slides, a full disk; masks and pictures in memory."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import CLASS_BITS, Mask
from bcseg_gui.core.project import Project, SlideEntry
from bcseg_gui.core.slides import open_slide
from bcseg_gui.core.tools.change import Change

FAR = (99_000, 98_000)


@pytest.fixture
def make_picture(tmp_path: Path) -> Callable[..., Path]:
    """Write a PNG of noise; the same seed and size give the same file."""

    def make(name: str = "field.png", seed: int = 0, size: tuple[int, int] = (60, 40)) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
        Image.fromarray(pixels).save(path)
        return path

    return make


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "Ward7.bcseg") as project:
        yield project


@pytest.fixture
def review(project: Project) -> Callable[..., SlideEntry]:
    """Open a picture in the project, paint one cell (8, 6, 10, 5), and mark it reviewed."""

    def do(path: Path, *regions: Region, class_id: int = 1, model: str = "") -> SlideEntry:
        entry = project.add(path)
        with open_slide(path) as slide:
            entry = entry.measured(slide)
        with Mask.open(project.mask_path(entry), (entry.width, entry.height)) as mask:
            if model:
                segment = mask.begin("segment", model=model)
                segment.predict(Region(0, 0, 2, 2), np.ones((2, 2), np.uint8))
                segment.commit()
            edit = mask.begin("brush")
            edit.paint(Region(8, 6, 10, 5), np.ones((5, 10), np.bool_), class_id)
            edit.commit()
        return project.update(replace(entry, status="reviewed", reviewed=regions))

    return do


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """After `full_disk(n)`, n more files can be written out, then the disk is full."""

    def fill(writes: int = 0) -> None:
        left = writes
        fsync = os.fsync

        def refuse(descriptor: int) -> None:
            nonlocal left
            if left <= 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            left -= 1
            fsync(descriptor)

        monkeypatch.setattr(os, "fsync", refuse)

    return fill


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
