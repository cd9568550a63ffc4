from __future__ import annotations

import threading
from contextlib import closing

import pytest

from bcseg_gui.cli.in_turn import AT_ONCE, in_turn
from tests.waiting import LIMIT


def test_results_come_in_order_while_later_jobs_are_under_way() -> None:
    second_has_begun = threading.Event()

    def first() -> int:
        assert second_has_begun.wait(LIMIT), "the second job runs while the first one does"
        return 1

    def second() -> int:
        second_has_begun.set()
        return 2

    assert [future.result() for future in in_turn([first, second, lambda: 3])] == [1, 2, 3]


def test_jobs_are_made_only_when_their_turn_is_near() -> None:
    made: list[int] = []

    def jobs():
        for number in range(10):
            made.append(number)
            yield lambda number=number: number

    with closing(in_turn(jobs())) as results:
        for number in range(3):
            assert next(results).result() == number
        assert len(made) == 2 + AT_ONCE


def test_a_job_that_fails_does_not_stop_the_others() -> None:
    def fail() -> int:
        raise ValueError("no")

    first, second = in_turn([fail, lambda: 2])
    with pytest.raises(ValueError, match="no"):
        first.result()
    assert second.result() == 2
