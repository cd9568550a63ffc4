from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from bcseg_gui.core.cells.diameter import smallest_cell_area
from bcseg_gui.core.cells.index import CellIndex
from bcseg_gui.core.cells.labelling import find_cells
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import Mask
from bcseg_gui.session import cells
from bcseg_gui.session.cells import CellCounting, CellCounts
from bcseg_gui.session.session import Session
from tests.waiting import LIMIT

SIDE = 2200
"""Five tiles a side, the last ones cut."""


class Stream(QObject):
    changed = Signal(object)


class FakeDocument(QObject):
    maskChanged = Signal(object)

    def __init__(self, mask: Mask) -> None:
        super().__init__()
        self.mask, self.whole, self.stream = mask, Region(0, 0, *mask.dimensions), Stream(self)


@pytest.fixture
def counting(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[CellCounting]:
    monkeypatch.setattr(cells, "COUNT_DELAY_MS", 0)
    monkeypatch.setattr(cells, "SLICE_SECONDS", 0.0)  # a tile at a time
    counting = CellCounting()
    yield counting
    counting.stop()


@pytest.fixture
def mask(tmp_path: Path) -> Iterator[Mask]:
    """Cells in rows, many of them across the border of two tiles."""
    classes = np.zeros((SIDE, SIDE), np.uint8)
    for y in range(60, SIDE - 40, 113):
        for x in range(60, SIDE - 40, 113):
            cv2.circle(classes, (x, y), 30, 1, -1)
    with Mask.open(tmp_path / "mask.sqlite", (SIDE, SIDE)) as mask:
        edit = mask.begin("brush")
        edit.paint(Region(0, 0, SIDE, SIDE), classes > 0, 1)
        edit.commit()
        yield mask


@pytest.fixture
def document(mask: Mask) -> FakeDocument:
    return FakeDocument(mask)


def expected(classes: np.ndarray, min_area: int = 1) -> dict[int, int]:
    """Number of cells by class id, of one labelling of all."""
    class_ids = find_cells(classes, min_area).class_ids
    return {n: np.count_nonzero(class_ids == n) for n in np.unique(class_ids).tolist()}


def paint(document: FakeDocument, region: Region, class_id: int) -> None:
    edit = document.mask.begin("brush")
    edit.paint(region, np.ones((region.h, region.w), np.bool_), class_id)
    document.maskChanged.emit(edit.commit())


def test_the_cells_of_a_photograph_are_counted(qtbot: QtBot, counting: CellCounting, document: FakeDocument) -> None:
    counting.follow(document)
    qtbot.waitUntil(lambda: counting.counts == CellCounts(expected(document.mask.read(document.whole))))


@pytest.mark.parametrize(
    "view",
    [Region(0, 0, 600, 500), Region(500, 1000, 700, 300), Region(-300, -300, 400, 900), Region(2000, 7, 900, 900)],
)
def test_of_a_large_slide_those_in_view_are(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, counting: CellCounting, document: FakeDocument, view: Region
) -> None:
    monkeypatch.setattr(cells, "LARGEST_COUNTED", 1_000_000)
    counting.follow(document)
    counting.set_view(view)
    seen = view.intersected(document.whole)
    numbers = expected(document.mask.read(seen), smallest_cell_area(0.0))
    qtbot.waitUntil(lambda: counting.counts == CellCounts(numbers, in_view=True))


def test_edits_in_view_are_followed(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, counting: CellCounting, document: FakeDocument
) -> None:
    monkeypatch.setattr(cells, "LARGEST_COUNTED", 1_000_000)
    counting.follow(document)
    view = Region(500, 1000, 700, 300)
    counting.set_view(view)
    qtbot.waitUntil(lambda: counting.counts.in_view)
    paint(document, Region(450, 1100, 400, 300), 0)
    numbers = expected(document.mask.read(view), smallest_cell_area(0.0))
    qtbot.waitUntil(lambda: counting.counts == CellCounts(numbers, in_view=True))


def test_where_too_much_is_in_view_nothing_is_counted(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, counting: CellCounting, document: FakeDocument
) -> None:
    monkeypatch.setattr(cells, "LARGEST_COUNTED", 1_000_000)
    monkeypatch.setattr(cells, "LARGEST_IN_VIEW", 500_000)
    counting.follow(document)
    counting.set_view(Region(0, 0, 2000, 2000))
    qtbot.waitUntil(lambda: counting.counts == CellCounts(too_much_in_view=True))
    counting.set_view(Region(0, 0, 600, 500))
    qtbot.waitUntil(lambda: counting.counts.in_view)


def test_the_window_gets_its_turn_while_the_mask_is_read(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, counting: CellCounting, document: FakeDocument
) -> None:
    events: list[str] = []
    turn = QTimer(counting, interval=0)
    turn.timeout.connect(lambda: events.append("turn"))
    read = document.mask.read

    def watched(region: Region):
        events.append("tile")
        return read(region)

    monkeypatch.setattr(document.mask, "read", watched)
    turn.start()
    counting.follow(document)
    qtbot.waitUntil(lambda: counting.counts.by_class is not None)
    turn.stop()
    assert events.count("tile") == 25
    assert "tile tile" not in " ".join(events)


def test_after_an_edit_only_the_blocks_that_it_touched_are_read(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, counting: CellCounting, document: FakeDocument
) -> None:
    counting.follow(document)
    qtbot.waitUntil(lambda: counting.counts.by_class is not None)
    read, regions = document.mask.read, list[Region]()

    def watched(region: Region):
        regions.append(region)
        return read(region)

    monkeypatch.setattr(document.mask, "read", watched)
    paint(document, Region(500, 1100, 100, 90), 3)
    qtbot.waitUntil(lambda: 3 in (counting.counts.by_class or {}))
    assert regions == [Region(0, 1024, 512, 512), Region(512, 1024, 512, 512)]
    assert counting.counts.by_class == expected(read(document.whole))
    regions.clear()
    document.maskChanged.emit(document.mask.undo())
    qtbot.waitUntil(lambda: 3 not in (counting.counts.by_class or {3: 0}))
    assert counting.counts.by_class == expected(read(document.whole))
    assert len(regions) <= 4


def test_after_a_segmentation_everything_is_read(qtbot: QtBot, counting: CellCounting, document: FakeDocument) -> None:
    counting.follow(document)
    qtbot.waitUntil(lambda: counting.counts.by_class is not None)
    edit = document.mask.begin("segment")
    edit.paint(Region(0, 0, 900, 900), np.ones((900, 900), np.bool_), 0)
    edit.commit()
    document.stream.changed.emit(document.stream)
    paint(document, Region(2000, 2000, 5, 5), 1)
    numbers = expected(document.mask.read(document.whole), smallest_cell_area(0.0))
    qtbot.waitUntil(lambda: counting.counts.by_class == numbers)


def test_what_is_much_smaller_than_a_cell_is_not_counted(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, counting: CellCounting, document: FakeDocument
) -> None:
    counting.follow(document)
    paint(document, Region(2, 2, 10, 10), 2)
    qtbot.waitUntil(lambda: 2 in (counting.counts.by_class or {}))
    monkeypatch.setattr(document.mask, "read", None)  # the index knows
    counting.set_cell_diameter(106.0)
    qtbot.waitUntil(lambda: 2 not in (counting.counts.by_class or {2: 0}))


def test_a_change_while_the_mask_is_read_is_counted(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, counting: CellCounting, document: FakeDocument
) -> None:
    mask, read = document.mask, document.mask.read

    def changing(region: Region):
        if region.y == 3 * 512:  # the first rows are read already
            monkeypatch.setattr(mask, "read", read)
            edit = mask.begin("eraser")
            edit.paint(document.whole, np.ones((SIDE, SIDE), np.bool_), 0)
            edit.paint(Region(5, 5, 40, 40), np.ones((40, 40), np.bool_), 1)
            document.maskChanged.emit(edit.commit())
        return read(region)

    monkeypatch.setattr(mask, "read", changing)
    counting.follow(document)
    qtbot.waitUntil(lambda: counting.counts.by_class is not None)
    assert counting.counts.by_class == {1: 1}


def test_a_change_while_the_index_is_updated_is_counted(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, counting: CellCounting, document: FakeDocument
) -> None:
    begun, painted = Event(), Event()
    update = CellIndex.update

    def waiting(index: CellIndex, region: Region, classes: NDArray[np.uint8]) -> None:
        begun.set()
        painted.wait(LIMIT)
        update(index, region, classes)

    monkeypatch.setattr(CellIndex, "update", waiting)
    counting.follow(document)
    qtbot.waitUntil(begun.is_set)
    paint(document, document.whole, 0)
    paint(document, Region(5, 5, 40, 40), 1)
    painted.set()
    qtbot.waitUntil(lambda: counting.counts.by_class == {1: 1})


def test_a_mask_that_cannot_be_read_has_no_number(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, counting: CellCounting, document: FakeDocument
) -> None:
    counting.follow(document)
    qtbot.waitUntil(lambda: counting.counts.by_class is not None)
    read = document.mask.read

    def damaged(region: Region):
        raise UserError("A part of the mask cannot be read.")

    monkeypatch.setattr(document.mask, "read", damaged)
    document.maskChanged.emit(Region(0, 0, 5, 5))
    qtbot.waitUntil(lambda: counting.counts.by_class is None)
    monkeypatch.setattr(document.mask, "read", read)
    document.maskChanged.emit(Region(700, 0, 5, 5))
    qtbot.waitUntil(lambda: counting.counts.by_class == expected(read(document.whole)))


def test_closing_the_picture_ends_the_reading(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, counting: CellCounting, document: FakeDocument
) -> None:
    read: list[Region] = []

    def closing(region: Region):
        read.append(region)
        counting.follow(None)
        return np.zeros((region.h, region.w), np.uint8)

    monkeypatch.setattr(document.mask, "read", closing)
    counting.follow(document)
    qtbot.waitUntil(lambda: bool(read) and not any(timer.isActive() for timer in counting.findChildren(QTimer)))
    QTest.qWait(0)
    assert len(read) == 1
    assert counting.counts == CellCounts()


def test_the_cells_of_each_class_are_told(qtbot: QtBot, counting: CellCounting, document: FakeDocument) -> None:
    for x in (1100, 1300):
        paint(document, Region(x, 1100, 90, 90), 0)
        paint(document, Region(x + 20, 1120, 40, 40), 2)
    told: list[CellCounts] = []
    counting.counted.connect(told.append)
    counting.follow(document)
    qtbot.waitUntil(lambda: counting.counts.by_class is not None)
    cells = find_cells(document.mask.read(document.whole))
    assert told[0].by_class is None
    assert told[-1].by_class == {n: np.count_nonzero(cells.class_ids == n) for n in (1, 2)}
    counting.follow(None)
    assert told[-1].by_class is None


def test_the_session_counts_the_cells_of_the_picture_in_front(
    qtbot: QtBot, session: Session, pictures: list[Path], paint: Callable[..., None]
) -> None:
    session.open(pictures)
    paint(session)
    paint(session, Region(60, 10, 20, 20), 2)
    paint(session, Region(60, 60, 3, 3), 2)  # a speck
    qtbot.waitUntil(lambda: session.counting.counts.by_class == {1: 1, 2: 1})
    session.select(1)
    assert session.counting.counts.by_class is None
    paint(session)
    qtbot.waitUntil(lambda: session.counting.counts.by_class == {1: 1})
    session.document.undo()
    qtbot.waitUntil(lambda: session.counting.counts.by_class == {})
