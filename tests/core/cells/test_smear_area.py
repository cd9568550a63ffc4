from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bcseg_gui.core.cells import smear_area
from bcseg_gui.core.cells.smear_area import find_smear_area
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.slides import Slide, open_slide
from bcseg_gui.core.synthetic.smear import STAINS, make_smear

GLASS = (238, 236, 239)


class Canvas(Slide):
    """A slide of one array, with levels of half size each that average, or leave out pixels."""

    def __init__(self, pixels: NDArray[np.uint8], levels: int = 1, interpolation: int = cv2.INTER_AREA) -> None:
        self.levels = [pixels]
        for _ in range(levels - 1):
            height, width = self.levels[-1].shape[:2]
            size = max(1, width // 2), max(1, height // 2)
            self.levels.append(np.asarray(cv2.resize(self.levels[-1], size, interpolation=interpolation), np.uint8))
        dimensions = tuple((level.shape[1], level.shape[0]) for level in self.levels)
        downsamples = tuple(dimensions[0][0] / width for width, _ in dimensions)
        super().__init__(Path("canvas"), dimensions, downsamples, properties={}, mpp=None)
        self.unreadable: Region | None = None

    def _read(self, location: tuple[int, int], level: int, size: tuple[int, int]) -> NDArray[np.uint8]:
        if self.unreadable is not None and not self.unreadable.intersected(Region(*location, 10**6, 10**6)).is_empty:
            raise UserError("A part of “{path}” cannot be read.", path=self.path)
        x, y = (round(at / self.level_downsamples[level]) for at in location)
        pixels = np.full((size[1], size[0], 3), 255, np.uint8)
        there = self.levels[level][y : y + size[1], x : x + size[0]]
        pixels[: there.shape[0], : there.shape[1]] = there
        return pixels

    def close(self) -> None:
        pass


def glass(width: int, height: int, noise: float = 1.5, light: tuple[int, int, int] = GLASS) -> NDArray[np.uint8]:
    grain = np.random.default_rng(7).normal(0, noise, (height, width, 3))
    return (grain + light).clip(0, 255).round().astype(np.uint8)


@pytest.mark.parametrize(
    "pixels",
    [
        glass(4000, 3000),
        glass(4000, 3000, light=(196, 190, 180)),
        np.full((3000, 4000, 3), 255, np.uint8),
        np.zeros((3000, 4000, 3), np.uint8),
    ],
    ids=["glass", "dim glass", "white", "black"],
)
def test_empty_glass_and_padding_are_empty(pixels: NDArray[np.uint8]) -> None:
    assert not find_smear_area(Canvas(pixels, 4)).touches(Region(0, 0, 4000, 3000))


def test_uneven_light_is_no_smear() -> None:
    x, y = np.meshgrid(np.linspace(-1, 1, 4000), np.linspace(-1, 1, 3000))
    shade = (1 - 0.06 * (x * x + y * y))[..., None]
    pixels = (glass(4000, 3000) * shade).round().astype(np.uint8)
    assert not find_smear_area(Canvas(pixels, 4)).touches(Region(0, 0, 4000, 3000))


@pytest.mark.parametrize("stain", STAINS)
@pytest.mark.parametrize("diameter", [14.0, 30.0, 75.0])
def test_every_cell_of_a_smear_on_a_blank_canvas_is_touched_and_far_from_it_all_is_empty(
    stain: str, diameter: float
) -> None:
    side = round(12 * diameter)
    smear = make_smear(side, side, seed=3, cell_diameter=diameter, stain=stain, density=0.1)
    light = tuple(int(np.percentile(smear.image[..., c], 90)) for c in range(3))
    pixels = glass(6 * side, 4 * side, light=light)
    pixels[2 * side : 3 * side, side : 2 * side] = smear.image
    area = find_smear_area(Canvas(pixels, 6), diameter)
    for y, x in np.argwhere(smear.mask)[::7]:
        assert area.touches(Region(int(x) + side, int(y) + 2 * side, 1, 1))
    assert not area.touches(Region(3 * side, 0, 3 * side, 4 * side))


@settings(max_examples=40)
@given(
    st.floats(15, 110),
    st.tuples(st.floats(150, 450), st.floats(150, 350)),
    st.sampled_from([cv2.INTER_AREA, cv2.INTER_NEAREST]),
    st.booleans(),
)
def test_a_single_pale_cell_is_never_missed(
    diameter: float, at: tuple[float, float], interpolation: int, known: bool
) -> None:
    """Wherever it falls on the pixels of the overview, and however that was made."""
    pixels = glass(600, 500, noise=1.0)
    y, x = np.mgrid[:500, :600]
    away = np.hypot(x + 0.5 - at[0], y + 0.5 - at[1]) / (diameter / 2)
    pale = np.where(away < 0.35, 0.05, 0.12)[..., None] * (away < 1)[..., None]  # a ring, as red cells are
    pixels = (pixels * np.exp(-pale * [0.6, 1.0, 0.5])).round().astype(np.uint8)
    area = find_smear_area(Canvas(pixels, 7, interpolation), diameter if known else None)
    radius = diameter / 2
    assert area.touches(Region(int(at[0] - radius), int(at[1] - radius), int(diameter), int(diameter)))
    assert area.touches(Region(int(at[0]), int(at[1]), 1, 1))


def test_a_smear_too_thick_to_show_cells_is_touched() -> None:
    pixels = glass(4000, 3000)
    pixels[500:2500, 500:3500] = (150, 90, 110)
    area = find_smear_area(Canvas(pixels, 5), 30)
    assert all(area.touches(Region(x, y, 50, 50)) for x in range(500, 3500, 250) for y in range(500, 2500, 250))
    assert not area.touches(Region(0, 0, 300, 3000))


def test_a_part_that_cannot_be_read_is_not_called_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smear_area, "_STRIP", 1 << 16)
    canvas = Canvas(glass(2000, 1500))
    canvas.unreadable = Region(0, 1000, 1, 1)
    area = find_smear_area(canvas, 30)
    assert area.touches(Region(0, 900, 10, 10))


def test_a_slide_that_would_take_too_long_is_touched_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smear_area, "_MOST_PIXELS", 1000)
    area = find_smear_area(Canvas(glass(400, 300)))
    assert area.touches(Region(0, 0, 1, 1))
    assert area.touches(Region(399, 299, 1, 1))


def test_the_picture_that_a_slide_holds_is_not_written_to() -> None:
    pixels = np.zeros((300, 400, 3), np.uint8)
    find_smear_area(Canvas(pixels))
    assert not pixels.any()


def _labelled(folder: Path) -> Iterator[tuple[Path, list[tuple[int, int]]]]:
    """Pictures and one level-0 point in each of their cells."""
    for path in sorted((folder / "bbbc041seg/images").iterdir())[::12]:
        mask = cv2.imread(str(folder / "bbbc041seg/masks" / f"{path.stem}.png"), cv2.IMREAD_GRAYSCALE)
        _, _, _, centroids = cv2.connectedComponentsWithStats(mask)
        yield path, [(int(x), int(y)) for x, y in centroids[1:]]
    for path in sorted((folder / "chula_rbc12/images").iterdir())[::8]:
        rows = np.loadtxt(folder / "chula_rbc12/labels" / f"{path.stem}.txt", ndmin=2)
        yield path, [(int(x), int(y)) for x, y in rows[:, :2]]
    for path in sorted((folder / "bccd_boxes/images").iterdir())[::12]:
        boxes = ElementTree.parse(folder / "bccd_boxes/annotations" / f"{path.stem}.xml").iter("bndbox")
        sides = [[int(box.findtext(name)) for name in ("xmin", "xmax", "ymin", "ymax")] for box in boxes]
        yield path, [((x0 + x1) // 2, (y0 + y1) // 2) for x0, x1, y0, y1 in sides]


def test_no_labelled_cell_of_real_pictures_is_missed(data_folder: Path) -> None:
    cells = 0
    for path, points in _labelled(data_folder):
        with open_slide(path) as slide:
            for diameter in (None, 40.0, 106.0):
                area = find_smear_area(slide, diameter)
                missed = [at for at in points if not area.touches(Region(*at, 1, 1))]
                assert not missed, path.name
        cells += len(points)
    assert cells > 500


def test_real_tissue_is_touched(data_folder: Path) -> None:
    with open_slide(data_folder / "slides/CMU-1-Small-Region.svs") as slide:
        area = find_smear_area(slide)
        green = cv2.blur(slide.read_region((0, 0), 0, slide.dimensions)[..., 1], (9, 9))
        stained = np.argwhere(green < 200)[::997]
        assert len(stained) > 500
        assert all(area.touches(Region(int(x), int(y), 1, 1)) for y, x in stained)
