from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from bcseg_gui.core.cells.staining import absorbance, edge_of


def slide_under(light: NDArray[np.float64], absorbed: float) -> NDArray[np.uint8]:
    """A field of `light` (h, w) with one square in its middle that absorbs."""
    height, width = light.shape
    passed = np.array(light)
    passed[height // 3 : height // 2, width // 3 : width // 2] *= np.exp(-absorbed)
    return np.repeat(passed[..., None], 3, axis=2).round().astype(np.uint8)


@pytest.mark.parametrize("brightness", [60.0, 240.0])
def test_absorbance_does_not_depend_on_the_light(brightness: float) -> None:
    x = np.linspace(-1, 1, 320)
    even = np.full((240, 320), brightness)
    for light in (even, even * (1 - 0.4 * x**2), even * (1 + 0.3 * x) / 1.3):
        stain, noise = absorbance(slide_under(light, 0.5))
        assert stain[90:110, 120:150].mean() == pytest.approx(0.5 * np.sqrt(3), abs=0.08)
        assert np.median(stain) < 0.05
        assert noise < 0.05


def test_the_background_is_found_where_cells_fill_most_of_the_picture() -> None:
    y, x = np.mgrid[:480, :640]
    cells = (x % 40 - 20) ** 2 + (y % 40 - 20) ** 2 < 19**2
    picture = np.where(cells[..., None], np.uint8(120), np.uint8(200)).repeat(3, axis=2)
    inside = (x % 40 - 20) ** 2 + (y % 40 - 20) ** 2 < 15**2
    stain, _ = absorbance(picture)
    assert cells.mean() > 0.65
    assert stain[inside].mean() == pytest.approx(np.log(200 / 120) * np.sqrt(3), abs=0.05)
    assert np.percentile(stain[~cells], 20) < 0.05


def test_the_edge_lies_low_on_the_cells_but_above_light_that_is_left_unevenly() -> None:
    stain = np.zeros((100, 100), np.float32)
    stain[:40] = 0.04
    stain[50:60, 50:60] = 0.6
    assert edge_of(stain, 0.004) == pytest.approx(0.35 * 0.6)
    stain[stain > 0.1] = 0.2
    assert edge_of(stain, 0.004) == pytest.approx(0.35 * 0.2)


def test_without_cells_the_edge_lies_above_the_noise() -> None:
    noise = np.abs(np.random.default_rng(0).normal(0, 0.02, (200, 200))).astype(np.float32)
    edge = edge_of(noise, 0.02)
    assert (noise > edge).mean() < 0.01
