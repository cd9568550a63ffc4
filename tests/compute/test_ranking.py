from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bcseg_gui.compute import ranking
from bcseg_gui.compute.protocol import Event, Progress, Rank, RankedSlide, RankResult
from bcseg_gui.compute.ranking import SPOT_CELLS, SPOTS, alone, doubt, rank, something
from bcseg_gui.compute.segmenting import blocks as segmenting
from bcseg_gui.core.geometry import Region
from model.engines.engine import Engine
from model.info import ModelInfo

DIAMETER = 20.0
SIDE = int(SPOT_CELLS * DIAMETER)
GREY, WHITE = 128, 255
INFO = ModelInfo("dark", cell_diameter=DIAMETER, source_cell_diameter=DIAMETER)


class Unsure:
    """An engine that takes what is dark for cells, so that grey ones are some in one light and none in another."""

    name, tile, batch = "unsure", 96, 1

    def __init__(self) -> None:
        self.seen = 0

    def probabilities(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.seen += pictures[..., 0].size
        return (pictures[..., 0] < GREY).astype(np.float32)[:, None]


def ranked(
    *slides: RankedSlide, engine: Unsure | None = None, cancelled: bool = False
) -> tuple[list[Event], RankResult | None]:
    def load(_job: int, _folder: Path) -> Generator[Event, None, tuple[Engine, ModelInfo]]:
        yield from ()
        return engine or Unsure(), INFO

    events, looking = [], rank(load, Rank(1, slides, Path("model")), lambda: cancelled)
    while True:
        try:
            events.append(next(looking))
        except StopIteration as end:
            return events, end.value


def slide(path: Path, *grey: Region, blue: int = GREY, **known: object) -> RankedSlide:
    """White but for some places, with a cell diameter that is known."""
    picture = np.full((SIDE, 2 * SIDE, 3), WHITE, np.uint8)
    for region in grey:
        picture[region.slices_in(Region(0, 0, 2 * SIDE, SIDE))] = (blue, GREY, GREY)
    cv2.imwrite(str(path), picture)
    return RankedSlide(path, cell_diameter=DIAMETER, **known)


LEFT, RIGHT = Region(20, 20, SIDE - 40, SIDE - 40), Region(SIDE + 20, 20, SIDE - 40, SIDE - 40)


def test_the_spot_that_is_doubted_is_where_to_look(tmp_path: Path) -> None:
    sure, unsure = slide(tmp_path / "sure.png"), slide(tmp_path / "unsure.png", RIGHT)
    events, result = ranked(sure, unsure)
    assert result is not None
    first, second = result.order
    assert (first.place, first.spots) == (1, (Region(SIDE, 0, SIDE, SIDE),))
    cells = 60 * 60 / (math.pi / 4 * DIAMETER**2)
    assert 0.5 * cells < first.gain <= cells, "what is dark in one light and light in the other"
    assert (second.place, second.spots) == (0, ())
    assert [event.done for event in events if isinstance(event, Progress)] == [0, 1, 2]


def test_a_picture_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"no picture")
    broken, gone = RankedSlide(tmp_path / "broken.png"), RankedSlide(tmp_path / "gone.png")
    _events, result = ranked(broken, gone, slide(tmp_path / "a.png", LEFT))
    assert result is not None
    assert [suggestion.place for suggestion in result.order] == [2]
    assert result.unread == (0, 1)


def test_what_is_reviewed_is_not_suggested_and_not_segmented(tmp_path: Path) -> None:
    engine = Unsure()
    whole = Region(0, 0, 2 * SIDE, SIDE)
    reviewed = slide(tmp_path / "reviewed.png", LEFT, RIGHT, reviewed=(whole,))
    _events, result = ranked(reviewed, engine=engine)
    assert result == RankResult(())
    assert engine.seen == 0


def test_what_looks_like_something_reviewed_comes_later_until_the_model_has_learnt_from_it(tmp_path: Path) -> None:
    whole = Region(0, 0, 2 * SIDE, SIDE)
    alike = [slide(tmp_path / f"alike{number}.png", LEFT, RIGHT) for number in range(2)]
    other = slide(tmp_path / "other.png", LEFT, replace(RIGHT, h=SIDE - 50), blue=20)
    reviewed = slide(tmp_path / "reviewed.png", LEFT, RIGHT, reviewed=(whole,), to_learn=(whole,))
    learnt = slide(tmp_path / "reviewed.png", LEFT, RIGHT, reviewed=(whole,))
    for known, first in ((reviewed, 2), (learnt, 0)):
        _events, result = ranked(*alike, other, known)
        assert result is not None
        assert result.order[0].place == first


def test_a_large_slide_is_looked_at_in_spots_all_over_the_smear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segmenting, "FIELD", 1000)
    monkeypatch.setattr(ranking, "LARGEST_PICTURE", 1_000_000)
    size = 4800, 2400
    reviewed = Region(0, 0, 1600, 2400)
    picture = np.full((size[1], size[0], 3), WHITE, np.uint8)
    for x in range(20, 3200, 40):  # the rest is empty glass
        for y in range(20, 2400, 40):
            cv2.circle(picture, (x, y), 9, (GREY,) * 3, -1)
    cv2.imwrite(str(tmp_path / "large.png"), picture)
    engine = Unsure()
    _events, result = ranked(
        RankedSlide(tmp_path / "large.png", reviewed=(reviewed,), cell_diameter=DIAMETER), engine=engine
    )
    assert result is not None
    spots = [spot for suggestion in result.order for spot in suggestion.spots]
    assert {suggestion.place for suggestion in result.order} == {0}
    assert len(spots) == len(result.order), "each a suggestion of its own"
    assert 0 < len(spots) < SPOTS, "some of them lie in what is reviewed"
    assert all(1600 - spot.w / 2 <= spot.x < 3200 for spot in spots)
    assert max(spot.y for spot in spots) - min(spot.y for spot in spots) > 1000, "not all in one place"
    assert engine.seen < size[0] * size[1]


def test_cancel_is_heard(tmp_path: Path) -> None:
    engine = Unsure()
    events, result = ranked(slide(tmp_path / "a.png", LEFT), engine=engine, cancelled=True)
    assert result is None
    assert engine.seen == 0
    assert len(events) == 1


def test_cancel_is_heard_where_nothing_can_be_read(tmp_path: Path) -> None:
    events, result = ranked(*[RankedSlide(tmp_path / f"{n}.png") for n in range(5)], cancelled=True)
    assert result is None
    assert len(events) == 1


def test_a_large_photograph_is_suggested_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segmenting, "FIELD", 100)
    _events, result = ranked(slide(tmp_path / "a.png", LEFT, RIGHT))
    assert result is not None
    (suggestion,) = result.order
    assert len(suggestion.spots) > 1


@pytest.mark.parametrize("size", [(3000, 2000), (700, 4000), (9, 9), (4000, 10)])
def test_a_photograph_is_cut_into_no_more_spots_than_allowed(size: tuple[int, int]) -> None:
    spots = ranking.cut(*size, 25, 24)
    assert 1 <= len(spots) <= 24
    assert sum(spot.area for spot in spots) == size[0] * size[1]


def test_doubt_is_what_changes_with_the_light() -> None:
    cell, glass, unsure = (np.full((1, 8, 8), share, np.float32) for share in (1, 0, 0.5))
    assert np.allclose(doubt([cell, glass], 0), 1, atol=1e-4)
    assert np.allclose(doubt([cell, cell], 0), 0, atol=1e-4)
    assert np.allclose(doubt([unsure, unsure], 0), 0), "it wavers in any light, as where cells overlap"
    assert 0 < doubt([cell, unsure], 0).min() < 1
    three = [np.concatenate([1 - each, each / 2, each / 2]) for each in (cell, glass)]
    assert np.allclose(doubt(three, 0), 1, atol=1e-4), "which class it is was never in doubt"


def test_cells_that_had_to_be_parted_do_not_lie_apart() -> None:
    probabilities, classes = np.zeros((1, 20, 40), np.float32), np.zeros((20, 40), np.uint8)
    probabilities[0, 4:12, 4:12] = probabilities[0, 4:12, 20:36] = 1
    classes[4:12, 4:12] = classes[4:12, 20:27] = classes[4:12, 28:36] = 1
    lie_apart = alone(probabilities, classes)
    assert lie_apart[4:12, 4:12].all()
    assert lie_apart.sum() == 64
    assert not alone(np.zeros((1, 9, 9), np.float32), np.zeros((9, 9), np.uint8)).any(), "empty glass"


def test_of_empty_glass_nothing_is_doubted() -> None:
    rng = np.random.default_rng(0)
    glass = np.clip(rng.normal(150, 4, (300, 300, 3)), 0, 255).astype(np.uint8)
    assert not something(glass, DIAMETER).any()
    pale = glass.copy()
    cv2.circle(pale, (80, 80), 10, (144, 144, 144), -1)
    seen = something(pale, DIAMETER)
    assert seen[70:90, 70:90].all()
    assert not seen[:, 150:].any()


def test_at_the_edges_of_a_picture_doubt_says_nothing() -> None:
    lights = [np.full((1, 8, 8), share, np.float32) for share in (1, 0)]
    assert np.argwhere(doubt(lights, 3) > 0).tolist() == [[3, 3], [3, 4], [4, 3], [4, 4]]
    assert doubt(lights, 4).all(), "of so small a picture the edges are all there is"
