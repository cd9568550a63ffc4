from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import pytest

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import TileKey
from bcseg_gui.core.masks.storage.packing import unpack
from bcseg_gui.core.masks.storage.writer import Write, Writer

KEY = TileKey(0, 0, 0)


class Disk:
    """Takes note of what is written, unless it is full."""

    def __init__(self) -> None:
        self.written: list[int] = []
        self.threads: set[int] = set()
        self.problem: Exception | None = None

    def write(self, number: int, **options: bool) -> Write:
        def run(tiles: Mapping[TileKey, bytes]) -> None:
            self.threads.add(threading.get_ident())
            if self.problem is not None:
                raise self.problem
            self.written.append(number)

        return Write(run, {KEY: np.full((512, 512), number, np.uint8)}, **options)

    @contextmanager
    def failing(self, problem: Exception) -> Iterator[None]:
        self.problem = problem
        yield
        self.problem = None


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def writer() -> Iterator[Writer]:
    writer = Writer()
    yield writer
    writer.close()


def test_all_is_written_in_its_order_by_one_other_thread(writer, disk):
    for number in range(50):
        writer.submit(disk.write(number))
    writer.flush()
    assert disk.written == list(range(50))
    assert len(disk.threads) == 1
    assert threading.get_ident() not in disk.threads
    assert writer.is_idle
    assert writer.tile(KEY) is None


def test_what_fails_waits_in_front_and_is_told_once(writer, disk):
    told: list[str] = []
    writer.listen(lambda error: told.append(str(error)), lambda: told.append("saved"))
    with disk.failing(UserError("Full.")):
        for number in range(1, 4):
            writer.submit(disk.write(number))
        with pytest.raises(UserError, match="Full"):
            writer.flush()
        writer.settle(by_person=True)  # waits for nothing that cannot be
        waiting = writer.tile(KEY)
        assert isinstance(waiting, bytes)
        assert (unpack(waiting) == 3).all(), "the newest"
        assert writer.backlog < 10_000
    with disk.failing(UserError("Locked.")), pytest.raises(UserError, match="Locked"):
        writer.flush()
    assert disk.written == []
    writer.retry()
    writer.flush()
    assert disk.written == [1, 2, 3]
    assert told == ["Full.", "Locked.", "saved"]


def test_what_can_be_done_without_is_given_up_and_holds_up_nothing(writer, disk):
    with disk.failing(UserError("Full.")):
        overviews = disk.write(1, needed=False)
        writer.submit(overviews)
        writer.close()
    assert overviews.written is False
    assert writer.problem is None


def test_a_mistake_of_ours_is_raised_and_loses_nothing(writer, disk):
    with disk.failing(ZeroDivisionError()):
        writer.submit(disk.write(1))
        with pytest.raises(ZeroDivisionError):
            writer.flush()
    writer.flush()
    assert disk.written == [1]


def test_what_is_given_up_is_not_written(writer, disk):
    with disk.failing(UserError("Full.")):
        writer.submit(disk.write(1))
        with pytest.raises(UserError):
            writer.flush()
        writer.give_up()
    writer.submit(disk.write(2))
    writer.flush()
    assert disk.written == [2]


def test_who_waits_for_a_person_does_not_wait_for_a_segmentation(writer, disk):
    gate = threading.Event()
    writer.submit(Write(lambda tiles: disk.written.append(1)))
    writer.submit(Write(lambda tiles: gate.wait() and None, by_person=False))
    writer.settle(by_person=True)
    assert disk.written == [1]
    assert not writer.is_idle
    gate.set()
    writer.settle(by_person=False)
    assert writer.is_idle
