from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from model.training.crops import Crop, cut_crop


def cut(picture: NDArray[np.uint8], mask: NDArray[np.uint8], *, edge: float = 0, seed: int = 4) -> Crop:
    rng = np.random.default_rng(seed)
    return cut_crop(picture, mask, scale=0.7, size=64, cell_diameter=30, classes=1, edge=edge, gap_weight=4, rng=rng)


def test_the_edge_of_a_picture_teaches_nothing() -> None:
    mask = np.zeros((60, 60), np.uint8)
    weight = cut(np.dstack([mask] * 3), mask, edge=10).weight
    assert weight.min() == 0
    assert weight.max() == 1
    assert cut(np.dstack([mask] * 3), mask, edge=0).weight.min() == 1


@pytest.mark.parametrize("size", [(60, 60), (200, 90), (400, 300)])
def test_a_crop_shows_the_same_place_in_picture_and_target(size: tuple[int, int]) -> None:
    """The picture is the mask itself, so whatever the crop does to one it must do to the other."""
    mask = np.zeros(size, np.uint8)
    cv2.circle(mask, (size[1] // 2, size[0] // 2), 25, 1, -1)
    cv2.circle(mask, (size[1] // 4, size[0] // 4), 12, 1, -1)
    picture = np.dstack([mask * np.uint8(180) + np.uint8(30)] * 3)
    crop = cut(picture, mask)
    assert crop.picture.shape == (64, 64, 3)
    assert crop.target.shape == crop.weight.shape == (64, 64)
    grey = crop.picture.mean(2)
    if 0.02 < crop.target.mean() < 0.98:
        assert np.corrcoef(grey.ravel(), crop.target.ravel())[0, 1] > 0.9


def test_every_second_crop_lies_where_a_person_corrected() -> None:
    mask, corrected = np.zeros((2, 400, 400), np.uint8)
    corrected[300:310, 50:60] = 255
    picture = np.zeros((400, 400, 3), np.uint8)
    picture[corrected > 0] = 255

    def shown(marks: NDArray[np.uint8] | None) -> float:
        crops = (
            cut_crop(
                picture,
                mask,
                scale=1.0,
                size=64,
                cell_diameter=20.0,
                classes=1,
                edge=0,
                gap_weight=0,
                rng=np.random.default_rng(seed),
                corrected=marks,
            )
            for seed in range(60)
        )
        return float(np.mean([np.ptp(crop.picture) > 60 for crop in crops]))

    assert shown(corrected) > 0.4
    assert shown(None) < 0.25
    assert shown(np.zeros_like(corrected)) < 0.25, "nothing was corrected"
