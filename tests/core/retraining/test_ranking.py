from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bcseg_gui.core.geometry import Region
from bcseg_gui.core.retraining.ranking import Spot, correcting_order

VIOLET, PINK = (0.1, 0.2), (0.9, 0.8)

doubts = st.integers(0, 1000).map(lambda thousandths: thousandths / 1000)
figures = st.floats(-5, 5, width=32)
spots = st.builds(lambda doubt, look: Spot(Region(0, 0, 9, 9), doubt, look), doubts, st.tuples(figures, figures))
pictures = st.lists(st.lists(spots, min_size=1, max_size=4), max_size=8)


def spot(doubt: float, look: tuple[float, ...] = VIOLET, x: int = 0) -> Spot:
    return Spot(Region(x, 0, 10, 10), doubt, look)


@given(pictures, pictures)
def test_every_picture_once_and_gains_only_fall(pictures: list[list[Spot]], known: list[list[Spot]]) -> None:
    order = correcting_order(pictures, known)
    assert sorted(suggestion.place for suggestion in order) == list(range(len(pictures)))
    assert all(second.gain <= first.gain + 1e-4 for first, second in pairwise(order))
    assert all(suggestion.gain >= 0 for suggestion in order)
    total, gained = sum(each.doubt for picture in pictures for each in picture), sum(each.gain for each in order)
    assert gained <= total + 1e-3
    if not known:
        assert gained == pytest.approx(total, abs=1e-3)


@given(pictures)
def test_it_is_the_greedy_order(pictures: list[list[Spot]]) -> None:
    """The best first picture is the best of all alone."""
    if pictures:
        first = correcting_order(pictures)[0]
        alone = [
            next(
                each.gain for each in correcting_order([picture, *pictures[:at], *pictures[at + 1 :]]) if not each.place
            )
            for at, picture in enumerate(pictures)
        ]
        assert first.gain >= max(alone) - 1e-4


def test_a_typical_picture_comes_before_a_strange_one_that_is_doubted_more() -> None:
    order = correcting_order([[spot(0.5)], [spot(0.5)], [spot(0.5)], [spot(0.9, PINK)]])
    assert order[0].place in (0, 1, 2)
    assert order[1].place == 3, "then what looks otherwise"
    assert order[2].gain < order[0].gain / 2, "one like the first teaches less"


def test_where_cells_overlap_there_is_less_to_learn() -> None:
    apart, clumped = spot(0.5), Spot(Region(0, 0, 9, 9), 0.6, VIOLET, clear=0.2)
    order = correcting_order([[clumped], [apart]])
    assert [suggestion.place for suggestion in order] == [1, 0]


def test_where_all_look_alike_doubt_decides() -> None:
    order = correcting_order([[spot(doubt)] for doubt in (0.2, 0.9, 0.5)])
    assert [suggestion.place for suggestion in order] == [1, 2, 0]


def test_what_is_to_be_learnt_from_in_any_case_settles_its_like() -> None:
    order = correcting_order([[spot(0.5)], [spot(0.4, PINK)]], known=[[spot(0.0)]])
    assert [suggestion.place for suggestion in order] == [1, 0]


def test_the_spots_of_a_picture_come_most_doubtful_first_and_without_those_it_is_sure_of() -> None:
    picture = [spot(0.1, x=0), spot(0.9, x=10), spot(0.01, x=20), spot(0.0, x=30)]
    assert [region.x for region in correcting_order([picture])[0].spots] == [10, 0]
    assert correcting_order([[spot(0.0)]])[0].spots == ()


def test_one_without_a_spot_is_left_out() -> None:
    assert [suggestion.place for suggestion in correcting_order([[], [spot(0.5)]])] == [1]
    assert correcting_order([]) == []


def test_what_it_finds_for_many_is_the_plain_greedy_order() -> None:
    rng = np.random.default_rng(0)
    spots = [spot(float(rng.random()), tuple(rng.normal(size=2)), x=number) for number in range(40)]
    order = correcting_order([[each] for each in spots])
    for taken in range(1, 5):
        before = [[spots[suggestion.place]] for suggestion in order[:taken]]
        left = [each for each in spots if [each] not in before]
        gains = {suggestion.spots[0].x: suggestion.gain for suggestion in order}
        assert gains[left_best(left, before)] == pytest.approx(order[taken].gain, rel=1e-3)


def left_best(left: list[Spot], before: list[list[Spot]]) -> int:
    """x of the spot that gains most after those before it, found by trying each."""
    ordered = correcting_order([[each] for each in left], before)
    return left[ordered[0].place].region.x
