from __future__ import annotations

import json
import statistics
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bcseg_gui.core.cells.diameter import estimate_cell_diameter, expected_cell_diameter, slide_cell_diameter
from bcseg_gui.core.cells.labelling import find_cells
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.slides import Slide, open_slide
from bcseg_gui.core.synthetic.smear import make_smear

Picture = NDArray[np.uint8]


def test_the_scale_tells_the_diameter() -> None:
    assert expected_cell_diameter(0.1) == pytest.approx(75)
    assert expected_cell_diameter(None) is None


@pytest.mark.parametrize("diameter", [24.0, 42.0, 80.0])
@pytest.mark.parametrize(("stain", "density"), [("violet", 0.1), ("pink", 0.25), ("slate", 0.45)])
def test_the_cells_of_a_smear_are_measured(diameter: float, stain: str, density: float) -> None:
    smear = make_smear(640, 480, seed=3, cell_diameter=diameter, stain=stain, density=density)
    cells = find_cells(smear.mask, min_area=int(0.3 * diameter**2))
    x, y, w, h = cells.boxes.T
    whole = (x > 0) & (y > 0) & (x + w < 640) & (y + h < 480)
    truth = np.median(cells.diameters[whole])
    assert estimate_cell_diameter(smear.image) == pytest.approx(truth, rel=0.15)


def test_a_photograph_of_many_small_cells_is_looked_at_closely() -> None:
    smear = make_smear(600, 400, seed=1, cell_diameter=22, density=0.1)
    assert estimate_cell_diameter(np.tile(smear.image, (4, 4, 1))) == pytest.approx(22, rel=0.15)


def test_three_cells_are_enough_and_dirt_beside_them_does_not_matter() -> None:
    picture = np.full((480, 640, 3), (235, 230, 225), np.uint8)
    for x, y in ((150, 120), (430, 140), (320, 360)):
        cv2.circle(picture, (x, y), 38, (190, 120, 130), cv2.FILLED, cv2.LINE_AA)
    cv2.line(picture, (560, 0), (620, 479), (40, 40, 50), 14)
    cv2.arrowedLine(picture, (40, 420), (100, 440), (240, 220, 0), 9, tipLength=0.4)
    for x, y in ((60, 60), (250, 250), (500, 400), (540, 80)):
        cv2.circle(picture, (x, y), 7, (120, 60, 140), cv2.FILLED, cv2.LINE_AA)
    picture = cv2.GaussianBlur(picture, (0, 0), 1.2).astype(np.uint8)
    assert estimate_cell_diameter(picture) == pytest.approx(76, rel=0.15)


def framed(picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    inside = np.zeros((height, width), np.uint8)
    cv2.circle(inside, (width // 2, height // 2), round(0.55 * width), 1, cv2.FILLED)
    return np.where(inside[..., None] > 0, picture, 3).astype(np.uint8)


def grey(picture: Picture) -> Picture:
    return np.repeat(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2).astype(np.uint8)


def dim_to_one_side(picture: Picture) -> Picture:
    return (picture * np.linspace(0.35, 0.8, picture.shape[1])[:, None]).astype(np.uint8)


@pytest.mark.parametrize("changed", [framed, grey, dim_to_one_side])
def test_frame_colour_and_light_do_not_matter(changed: Callable[[Picture], Picture]) -> None:
    smear = make_smear(800, 600, seed=5, cell_diameter=50, density=0.25)
    assert estimate_cell_diameter(changed(smear.image)) == pytest.approx(50, rel=0.15)


def written() -> Picture:
    page = np.full((900, 1200, 3), 255, np.uint8)
    for line in range(1, 22):
        cv2.putText(page, "no cells here, only good old words", (20, 42 * line), 0, 1.2, (20, 20, 20), 2, cv2.LINE_AA)
    return page


def noise(strength: float) -> Picture:
    return np.clip(np.random.default_rng(1).normal(170, strength, (480, 640, 3)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(np.full((300, 400, 3), 255, np.uint8), id="white"),
        pytest.param(np.zeros((300, 400, 3), np.uint8), id="black"),
        pytest.param(np.full((1, 1, 3), 90, np.uint8), id="one pixel"),
        pytest.param(
            np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 200, axis=0).repeat(3, axis=2), id="ramp"
        ),
        pytest.param(noise(5), id="faint noise"),
        pytest.param(noise(60), id="noise"),
        pytest.param(written(), id="text"),
    ],
)
def test_nothing_is_measured_where_there_are_no_cells(picture: Picture) -> None:
    assert estimate_cell_diameter(picture) is None


def test_one_cell_alone_is_no_measure() -> None:
    picture = np.full((480, 640, 3), 230, np.uint8)
    cv2.circle(picture, (300, 200), 60, (150, 90, 130), cv2.FILLED, cv2.LINE_AA)
    assert estimate_cell_diameter(picture) is None


def opened(path: Path, picture: Picture) -> Slide:
    cv2.imwrite(str(path), picture[..., ::-1])
    return open_slide(path)


def test_a_slide_without_scale_is_measured_and_one_with_it_believed(tmp_path: Path) -> None:
    smear = make_smear(640, 480, seed=2, cell_diameter=40, density=0.2)
    with opened(tmp_path / "field.png", smear.image) as slide:
        assert slide_cell_diameter(slide) == pytest.approx(40, rel=0.15)
        slide.mpp = 0.25
        assert slide_cell_diameter(slide) == pytest.approx(30)


def test_a_large_slide_is_measured_where_it_is_stained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bcseg_gui.core.cells.diameter._FIELD", 800)
    monkeypatch.setattr("bcseg_gui.core.cells.diameter._WINDOW", 400)
    picture = np.full((1601, 2001, 3), 240, np.uint8)
    picture[801:, 1201:] = make_smear(800, 800, seed=2, cell_diameter=40, stain="wine", density=0.2).image
    read: list[Region] = []
    with opened(tmp_path / "large.png", picture) as slide:
        read_region = slide.read_region

        def note(location: tuple[int, int], level: int, size: tuple[int, int]) -> Picture:
            read.append(Region(*location, *size))
            return read_region(location, level, size)

        monkeypatch.setattr(slide, "read_region", note)
        assert slide_cell_diameter(slide) == pytest.approx(40, rel=0.15)
    windows, whole = [region for region in read if region.area == 400 * 400], Region(0, 0, 2001, 1601)
    assert len(windows) <= 6
    assert all(region.intersected(whole) == region for region in windows), "none is filled up with white"


@pytest.mark.parametrize("overview", [True, False], ids=["with an overview", "without"])
def test_places_that_cannot_be_read_are_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, overview: bool
) -> None:
    monkeypatch.setattr("bcseg_gui.core.cells.diameter._FIELD", 800)
    monkeypatch.setattr("bcseg_gui.core.cells.diameter._WINDOW", 400)
    damaged = Region(500, 500, 1, 1)
    with opened(tmp_path / "large.png", make_smear(1600, 1200, seed=2, cell_diameter=40, density=0.2).image) as slide:
        read_region = slide.read_region

        def read(location: tuple[int, int], level: int, size: tuple[int, int]) -> Picture:
            wanted = Region(*location, *size)
            whole = wanted.area > 400 * 400
            if whole and overview:
                return read_region(location, level, size)
            if whole or wanted.intersected(damaged).area:
                raise UserError("“{path}” could not be read.", path=slide.path)
            return read_region(location, level, size)

        monkeypatch.setattr(slide, "read_region", read)
        assert slide_cell_diameter(slide) == pytest.approx(40, rel=0.15)


def test_a_slide_of_which_nothing_can_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path / "field.png", np.full((300, 400, 3), 240, np.uint8)) as slide:

        def read(*_args: object) -> Picture:
            raise UserError("“{path}” could not be read.", path=slide.path)

        monkeypatch.setattr(slide, "read_region", read)
        with pytest.raises(UserError, match="could not be read"):
            slide_cell_diameter(slide)


def test_an_empty_slide_has_no_diameter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bcseg_gui.core.cells.diameter._FIELD", 300)
    with opened(tmp_path / "empty.png", np.full((500, 700, 3), 240, np.uint8)) as slide:
        assert slide_cell_diameter(slide) is None


def test_fields_measured_by_hand(data_folder: Path) -> None:
    fields = json.loads(Path(__file__).with_name("chula_rbc12.json").read_text(encoding="utf-8"))["diameters"]
    right = 0
    for name, diameters in fields.items():
        path = data_folder / "chula_rbc12/images" / name
        if not path.exists():
            pytest.skip(f"no such picture: {path}")
        with open_slide(path) as slide:
            estimate = estimate_cell_diameter(slide.read_region((0, 0), 0, slide.dimensions))
        right += estimate == pytest.approx(statistics.median(diameters), rel=0.15)
    assert right >= 0.9 * len(fields)
