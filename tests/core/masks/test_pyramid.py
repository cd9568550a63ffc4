from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from bcseg_gui.core.geometry import Region, TileKey
from bcseg_gui.core.masks import Mask
from bcseg_gui.core.masks.pyramid import MANUAL, halved


@pytest.mark.parametrize("gap", [1, 2])
@pytest.mark.parametrize("at", [200, 201])
def test_a_thin_line_between_cells_is_seen_from_afar(gap: int, at: int) -> None:
    mask = np.ones((512, 512), np.uint8)
    mask[:, at : at + gap] = 0
    for tile in (mask, mask.T.copy()):
        for _ in range(4):
            tile = np.pad(halved(tile), ((0, 256), (0, 256)))
            cells = cv2.connectedComponents(tile, connectivity=4)[0] - 1
            assert cells == 2


def test_touching_discs_stay_apart() -> None:
    mask = np.zeros((512, 512), np.uint8)
    for x in (150, 250):
        cv2.circle(mask, (x, 256), 51, 1, -1)
    y, x = np.mgrid[:512, :512]
    mask[x == 200 + (y % 5 > 2)] = 0  # a jagged line
    assert cv2.connectedComponents(mask, connectivity=4)[0] - 1 == 2
    for _ in range(3):
        mask = np.pad(halved(mask), ((0, 256), (0, 256)))
        assert cv2.connectedComponents(mask, connectivity=4)[0] - 1 == 2


def test_the_thinnest_cell_stays_and_a_gap_of_three_pixels_is_as_wide_as_it_is() -> None:
    mask = np.zeros((512, 512), np.uint8)
    mask[77, 301] = 2 | MANUAL
    assert np.argwhere(halved(mask) == 2).tolist() == [[38, 150]]
    mask = np.ones((512, 512), np.uint8)
    mask[:, 100:103] = 0
    assert np.flatnonzero(halved(mask)[0, :256] == 0).tolist() == [50]


def test_dense_cells_do_not_vanish_far_out(tmp_path: Path) -> None:
    cell = np.zeros((64, 64), np.uint8)
    cell[6:58, 6:58] = 1
    field = np.tile(cell, (128, 128))
    with Mask.open(tmp_path / "mask.sqlite", (8192, 8192)) as mask:
        edit = mask.begin("segment")
        edit.predict(Region(0, 0, 8192, 8192), field)
        edit.commit()
        while not mask.refresh_overviews(1.0).is_empty:
            pass
        whole = mask.overview_tile(TileKey(mask.level_count - 1, 0, 0))
        near = mask.overview_tile(TileKey(2, 0, 0))
    assert whole is not None
    assert (whole == 1).mean() > 0.5
    assert near is not None
    assert (near == 1).mean() == pytest.approx((field == 1).mean(), abs=0.15)
