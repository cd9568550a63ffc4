from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.project.holdout import Split, require_both, split

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
        ({}, "at least two pictures"),
        ({"a": "train"}, "at least two pictures"),
        ({"a": "train", "b": "train"}, "it is kept for the test"),
        ({"a": "holdout", "b": "holdout"}, "for the model to learn from"),
    ],
)
def test_one_side_alone_is_refused(sides: dict[str, Split], words: str) -> None:
    with pytest.raises(UserError, match=words):
        require_both(sides)


def test_one_of_each_is_enough() -> None:
    require_both({"a": "train", "b": "holdout"})
