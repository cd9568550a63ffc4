from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.project.holdout import MARGIN, Split, parted, require_both, split

ids = st.lists(st.text("abcdef", min_size=1, max_size=4), unique=True, max_size=12)
sides: st.SearchStrategy[Split] = st.sampled_from(["train", "holdout"])


@given(ids=ids)
def test_both_sides_get_one_and_the_order_does_not_matter(ids: list[str]) -> None:
    result = split(ids)
    assert set(result) == set(ids)
    assert split(random.Random(0).sample(ids, len(ids))) == result
    assert len(ids) < 2 or set(result.values()) == {"train", "holdout"}


@given(frozen=st.dictionaries(st.text("abc", min_size=1, max_size=3), sides), more=ids)
def test_frozen_ones_never_move(frozen: dict[str, Split], more: list[str]) -> None:
    result = split([*frozen, *more], frozen)
    assert {slide_id: result[slide_id] for slide_id in frozen} == frozen
    if set(more) - set(frozen) and len(result) >= 2:
        assert set(result.values()) == {"train", "holdout"}


@given(ids=ids)
def test_assigned_one_at_a_time_both_sides_get_one(ids: list[str]) -> None:
    frozen: dict[str, Split] = {}
    for slide_id in ids:
        frozen = split([*frozen, slide_id], frozen)
    assert len(ids) < 2 or set(frozen.values()) == {"train", "holdout"}


def test_about_one_in_five_is_held_out() -> None:
    held_out = list(split(f"slide-{number}" for number in range(1000)).values()).count("holdout")
    assert 150 < held_out < 250


@pytest.mark.parametrize(
    ("sides", "words"),
    [
        ({}, "No picture is reviewed"),
        ({"a": "train", "b": "train"}, "it is kept for the test"),
        ({"a": "holdout", "b": "holdout"}, "for the model to learn from"),
    ],
)
def test_one_side_alone_is_refused(sides: dict[str, Split], words: str) -> None:
    with pytest.raises(UserError, match=words):
        require_both(sides)


@given(ids=st.lists(st.text("abcdef", min_size=1, max_size=4), unique=True, min_size=2, max_size=40))
def test_neither_side_gets_much_more_than_its_share(ids: list[str]) -> None:
    held, count = list(split(ids).values()).count("holdout"), len(ids)
    assert (count - 2) // 7 <= held <= count // 4 + 1


regions = st.builds(Region, *[st.integers(0, 5000)] * 2, *[st.integers(10, 3000)] * 2)


@given(
    slide=st.text("ab", max_size=3), parts=st.lists(regions, min_size=1, max_size=6, unique=True), cell=st.floats(5, 90)
)
def test_parts_of_one_slide_keep_apart(slide: str, parts: list[Region], cell: float) -> None:
    try:
        sides = parted(slide, parts, cell)
    except UserError:  # there is not enough room
        return
    assert parted(slide, parts, cell) == sides
    learnt, held = ([region for region, side in sides if side == name] for name in ("train", "holdout"))
    assert learnt
    assert held
    margin = round(MARGIN * cell)
    for one in learnt:
        assert all(one.grown(margin).intersected(other).is_empty for other in held)
        assert any(one.intersected(part) == one for part in parts)


def test_a_fifth_of_a_field_is_kept_for_the_test() -> None:
    sides = {side: region for region, side in parted("a", [Region(0, 0, 1600, 1200)], 80.0)}
    assert sides["holdout"].area == pytest.approx(1600 * 1200 / 5, rel=0.01)
    assert sides["train"].w + sides["holdout"].w == 1600 - round(MARGIN * 80)


def test_one_of_each_is_enough() -> None:
    require_both({"a": "train", "b": "holdout"})
