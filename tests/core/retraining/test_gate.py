from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bcseg_gui.core.retraining.gate import (
    ENOUGH,
    FORGOTTEN,
    MARGIN,
    BlockCounts,
    ClassFigures,
    PictureFigures,
    class_figures,
    compare,
    decide,
    judge_target,
)
from bcseg_gui.core.retraining.verdict import evidence, verdict


def picture(name: str, dice: float, *, cells: int = 20, drawn_cells: int = 20, spread: float = 0.0) -> PictureFigures:
    """Of 16 blocks with 10,000 px of cells each; Dice differs by `spread` from one to the next."""
    blocks: list[BlockCounts] = []
    for number in range(16):
        overlap = round(10_000 * (dice + (spread if number % 2 else -spread)))
        blocks.append((overlap, 10_000, 10_000, cells, drawn_cells))
    return PictureFigures(name, dice, dice / (2 - dice), dice, 0.1, dice, 16 * cells, 16 * drawn_cells, tuple(blocks))


def pictures(dice: float, number: int = 6, **more: float) -> list[PictureFigures]:
    return [picture(f"p{index}", dice, **more) for index in range(number)]


dices = st.floats(0.5, 1.0)


@given(st.lists(st.tuples(dices, dices), min_size=1, max_size=8))
def test_the_interval_holds_the_gain_and_turns_with_the_models(pairs: list[tuple[float, float]]) -> None:
    old = [picture(f"{index}", before) for index, (before, _) in enumerate(pairs)]
    new = [picture(f"{index}", after) for index, (_, after) in enumerate(pairs)]
    there, back = compare(old, new)[0], compare(new, old)[0]
    assert there.gain == pytest.approx(-back.gain)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-9)
    rounding = 1e-4  # of the blocks' pixels
    assert there.low <= there.high
    assert min(n - o for o, n in pairs) - rounding <= there.low
    assert there.high <= max(n - o for o, n in pairs) + rounding


@given(dices, st.integers(1, 8))
def test_a_model_never_beats_itself(dice: float, number: int) -> None:
    decision = decide(pictures(dice, number), pictures(dice, number))
    assert decision.outcome == "no gain"
    assert (decision.dice.low, decision.dice.high) == (0, 0)


@given(old=dices, gain=st.floats(-0.3, 0.3), lost=st.floats(-0.1, 0.3), miscounted=st.integers(0, 10))
def test_what_is_promoted_is_better_and_forgot_nothing(old: float, gain: float, lost: float, miscounted: int) -> None:
    new, reference = min(1.0, max(0.0, old + gain)), 0.95
    kept = min(1.0, reference - lost)
    decision = decide(pictures(old), pictures(new, cells=20 - miscounted), pictures(reference), pictures(kept))
    if decision.promoted:
        assert new > old
        assert kept >= reference - FORGOTTEN - 1e-9
        assert miscounted == 0
    if new - old > 0.002 and kept >= reference and not miscounted:
        assert decision.promoted


def test_pictures_in_another_order_decide_the_same_way() -> None:
    old = [picture(f"{index}", 0.9 + 0.001 * index) for index in range(8)]
    new = [replace(each, dice=each.dice + 0.01) for each in old]
    order = random.Random(1).sample(range(8), 8)
    shuffled = decide([old[index] for index in order], [new[index] for index in order])
    assert shuffled.outcome == decide(old, new).outcome


def test_a_gain_that_one_picture_alone_shows_is_uncertain() -> None:
    old = pictures(0.9, 4)
    new = [*pictures(0.88, 3), replace(picture("p3", 1.0), name="p3")]
    assert sum(each.dice for each in new) > sum(each.dice for each in old)
    decision = decide(old, new)
    assert decision.outcome == "uncertain"
    assert decision.dice.low < -MARGIN


def test_few_pictures_and_parts_of_one_slide_are_weak_evidence() -> None:
    assert decide(pictures(0.9, ENOUGH), pictures(0.95, ENOUGH)) == decide(
        pictures(0.9, ENOUGH), pictures(0.95, ENOUGH), slides=ENOUGH
    )
    assert not decide(pictures(0.9, ENOUGH), pictures(0.95, ENOUGH)).weak
    assert decide(pictures(0.9, ENOUGH - 1), pictures(0.95, ENOUGH - 1)).weak
    assert decide(pictures(0.9, 8), pictures(0.95, 8), slides=1).weak


def test_one_picture_is_told_by_its_parts() -> None:
    even = compare([picture("a", 0.90)], [picture("a", 0.91)])[0]
    uneven = compare([picture("a", 0.90)], [picture("a", 0.91, spread=0.05)])[0]
    assert even.low == pytest.approx(even.high)
    assert uneven.low < even.low < uneven.high


@pytest.mark.parametrize(
    ("new", "reference", "outcome"),
    [
        (pictures(0.95), 0.95, "better"),
        (pictures(0.9), 0.95, "no gain"),
        (pictures(0.8), 0.95, "no gain"),
        (pictures(0.95, cells=18), 0.95, "miscounts"),
        (pictures(0.95), 0.94, "forgets"),
        (pictures(0.8, cells=10), 0.3, "forgets"),
    ],
)
def test_each_reason(new: list[PictureFigures], reference: float, outcome: str) -> None:
    assert decide(pictures(0.9), new, pictures(0.95), pictures(reference)).outcome == outcome


def test_only_the_same_pictures_are_compared() -> None:
    with pytest.raises(ValueError, match="same pictures"):
        compare(pictures(0.9, 2), pictures(0.9, 3))
    with pytest.raises(ValueError, match="one at least"):
        compare([], [])


def of_class(
    dice: float, *, name: str = "white cell", pictures: int = 6, found: int = 4, is_new: bool = True
) -> ClassFigures:
    """Each picture holds 16 blocks of 100 px of it, four cells in all."""
    overlap = round(100 * dice)
    blocks = [((overlap, 100, 100, found if block == 0 else 0, 4 if block == 0 else 0)) for block in range(16)]
    return class_figures(name, [blocks] * pictures, is_new=is_new)


def test_a_class_is_told_over_all_pictures() -> None:
    nothing = [(0, 0, 0, 0, 0)] * 16
    full = [(80, 100, 100, 1, 1)] * 16
    figures = class_figures("white cell", [nothing, full, nothing], is_new=True)
    assert (figures.pictures, figures.cells, figures.count_error) == (1, 16, 0)
    assert figures.low == figures.dice == figures.high == 0.8, "pictures without any say nothing"
    wrong = [(0, 100, 0, 1, 0)] * 16
    assert class_figures("white cell", [wrong, full], is_new=True).dice == pytest.approx(320 / 600)
    assert class_figures("white cell", [nothing], is_new=True).pictures == 0


@pytest.mark.parametrize(
    ("new", "classes", "outcome"),
    [
        (pictures(0.9), [of_class(0.8)], "better"),
        (pictures(0.897), [of_class(0.8)], "better"),
        (pictures(0.88), [of_class(0.8)], "no gain"),
        (pictures(0.9, cells=18), [of_class(0.8)], "miscounts"),
        (pictures(0.95), [of_class(0.45)], "class not found"),
        (pictures(0.95), [of_class(0.8), of_class(0.45, name="platelet")], "class not found"),
        (
            pictures(0.95),
            [of_class(0.8), class_figures("platelet", [[(0, 0, 0, 0, 0)]], is_new=True)],
            "class not tested",
        ),
        (pictures(0.9), [of_class(0.3, is_new=False)], "no gain"),
    ],
)
def test_new_classes_have_to_be_found_and_the_rest_kept(
    new: list[PictureFigures], classes: list[ClassFigures], outcome: str
) -> None:
    decision = decide(pictures(0.9), new, classes=classes)
    assert (decision.outcome, decision.promoted, decision.refused) == (
        outcome,
        outcome == "better",
        outcome != "better",
    )
    assert verdict(decision)
    assert evidence(decision)


def test_what_is_forgotten_counts_more_than_what_is_new() -> None:
    kept = decide(pictures(0.9), pictures(0.9), pictures(0.95), pictures(0.9), classes=[of_class(0.9)])
    assert kept.outcome == "forgets"


def test_a_new_target_is_neither_accepted_nor_refused() -> None:
    decision = judge_target([of_class(0.93)], slides=6)
    assert not decision.promoted
    assert not decision.refused
    assert not decision.weak
    assert judge_target([of_class(0.93)], slides=2).weak
    assert "white cell (93.0\u202f%)" in verdict(decision)
