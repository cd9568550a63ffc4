from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bcseg_gui.core.retraining.next_up import correcting_order

doubts = st.integers(0, 1000).map(lambda thousandths: thousandths / 1000)


@given(st.lists(st.tuples(doubts, st.floats(-5, 5), st.floats(-5, 5)), max_size=12))
def test_every_picture_once_and_the_most_doubtful_first(pictures: list[tuple[float, float, float]]) -> None:
    order = correcting_order([each[0] for each in pictures], [each[1:] for each in pictures])
    assert sorted(order) == list(range(len(pictures)))
    if pictures:
        assert pictures[order[0]][0] == max(each[0] for each in pictures)


@given(st.lists(doubts, min_size=1, max_size=12))
def test_where_all_look_alike_doubt_decides(values: list[float]) -> None:
    order = correcting_order(values, [(1.0, 2.0)] * len(values))
    assert [values[place] for place in order] == sorted(values, reverse=True)


def test_another_stain_comes_before_more_of_the_same() -> None:
    violet, pink = (0.1, 0.2), (0.9, 0.8)
    order = correcting_order([0.50, 0.49, 0.48, 0.45], [violet, violet, violet, pink])
    assert order[:2] == [0, 3]


def test_what_the_model_is_sure_of_stays_last_however_different() -> None:
    order = correcting_order([0.5, 0.4, 0.02], [(0.0,), (0.1,), (9.0,)])
    assert order[-1] == 2
