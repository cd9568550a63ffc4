"""Small networks and small data for the tests of `model`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from model.checkpoint import Model, new_model
from model.info import ModelInfo


@pytest.fixture
def tiny_model() -> Model:
    """A TernausNet-11 with a four-filter decoder and random weights; works at the pictures' own scale."""
    info = ModelInfo(
        name="tiny",
        architecture="ternausnet11",
        num_filters=4,
        cell_diameter=24.0,
        source_cell_diameter=24.0,
    )
    return new_model(info, seed=1)


@pytest.fixture
def write_pairs(tmp_path: Path) -> Callable[[int], tuple[Path, Path]]:
    """Writes n pictures of dark discs on light ground and their masks; returns the two folders."""

    def write(n: int, size: int = 96) -> tuple[Path, Path]:
        images, masks = tmp_path / "images", tmp_path / "masks"
        images.mkdir()
        masks.mkdir()
        rng = np.random.default_rng(5)
        cell, glass = np.array([(150, 90, 130), (235, 230, 225)], np.uint8)
        for index in range(n):
            mask = np.zeros((size, size), np.uint8)
            for _ in range(6):
                cv2.circle(mask, (int(rng.integers(size)), int(rng.integers(size))), 12, 255, -1)
            picture = np.where(mask[..., None] > 0, cell, glass)
            cv2.imwrite(str(images / f"field-{index:02}.png"), picture[..., ::-1])
            cv2.imwrite(str(masks / f"field-{index:02}.png"), mask)
        return images, masks

    return write
