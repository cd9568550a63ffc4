"""Fixtures for what keeps files: pictures on disk, an open project, reviewed slides, a disk that is full."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import Mask
from bcseg_gui.core.project import Project, SlideEntry
from bcseg_gui.core.slides import open_slide


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
