from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QCheckBox, QLabel, QPushButton, QTableView
from pytestqt.qtbot import QtBot

from bcseg_gui.core.masks import EditRecord, EditState, MaskClass
from bcseg_gui.ui.panels.history import HistoryPanel
from bcseg_gui.ui.panels.history_model import HistoryModel, time_words

DONE, UNDONE, ABANDONED = EditState
TWO = (MaskClass(1, "red cell", "#e69f00"), MaskClass(2, "white cell", "#56b4e9"))


class Picture(QObject):
    """The history of an open slide, with undo and redo like the mask's."""

    historyChanged = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.segmenting = False
        self.records: list[EditRecord] = []
        self.asked = 0

    def edits(self) -> list[EditRecord]:
        self.asked += 1
        return list(self.records)

    def do(self, tool: str = "brush", **fields: object) -> None:
        self.records = [
            replace(record, state=ABANDONED) if record.state == UNDONE else record for record in self.records
        ]
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        self.records.append(replace(EditRecord(len(self.records) + 1, at, "anna", tool, 1, "", 0.3), **fields))
        self.historyChanged.emit()

    def jump(self, seq: int) -> None:
        for place, record in enumerate(self.records):
            state = DONE if record.seq <= seq else UNDONE
            if record.state not in (state, ABANDONED):
                self.records[place] = replace(record, state=state)
        self.historyChanged.emit()


@pytest.fixture
def panel(qtbot: QtBot) -> HistoryPanel:
    panel = HistoryPanel()
    qtbot.addWidget(panel)
    panel.resize(180, 400)
    panel.show()
    return panel


@pytest.fixture
def picture(qtbot: QtBot) -> Iterator[Picture]:
    picture = Picture()
    yield picture
    picture.deleteLater()


def unfold(panel: HistoryPanel) -> None:
    panel.findChild(QPushButton).setChecked(True)
    QCoreApplication.processEvents()


def rows_of(panel: HistoryPanel) -> QTableView:
    QCoreApplication.processEvents()
    return panel.findChild(QTableView)


def spoken(panel: HistoryPanel) -> list[str]:
    """Leave out author and time, which are now."""
    model = rows_of(panel).model()
    texts = [model.index(row, 0).data(Qt.ItemDataRole.AccessibleTextRole) for row in range(model.rowCount())]
    return [", ".join(part for part in text.split(", ") if part != "anna" and ":" not in part) for text in texts]


def visible_texts(panel: HistoryPanel) -> list[str]:
    QCoreApplication.processEvents()
    return [label.text() for label in panel.findChildren(QLabel) if label.isVisible()]


@pytest.fixture
def chosen(panel: HistoryPanel) -> list[int]:
    found: list[int] = []
    panel.chosen.connect(found.append)
    return found


def test_the_newest_change_is_on_top_and_marked(panel: HistoryPanel, picture: Picture) -> None:
    panel.show_document(picture)
    unfold(panel)
    assert visible_texts(panel) == ["Nothing was changed in this picture yet."]
    picture.do("segment", model="small", class_id=0)
    picture.do("brush")
    picture.do("split")
    assert spoken(panel) == ["Split, as it is now", "Brush", "Segmented by small", "Before any change"]
    assert rows_of(panel).currentIndex().row() == 0
    assert visible_texts(panel) == []


def test_what_is_undone_stays_and_can_be_chosen_again(panel: HistoryPanel, picture: Picture, chosen) -> None:
    panel.show_document(picture)
    unfold(panel)
    for tool in ("brush", "eraser", "fill"):
        picture.do(tool)
    panel.chosen.connect(picture.jump)
    rows = rows_of(panel)
    rows.clicked.emit(rows.model().index(2, 0))
    assert spoken(panel) == ["Fill, undone", "Eraser, undone", "Brush, as it is now", "Before any change"]
    rows.clicked.emit(rows.model().index(3, 0))
    assert spoken(panel) == ["Fill, undone", "Eraser, undone", "Brush, undone", "Before any change, as it is now"]
    rows.clicked.emit(rows.model().index(0, 0))
    assert spoken(panel) == ["Fill, as it is now", "Eraser", "Brush", "Before any change"]
    rows.clicked.emit(rows.model().index(0, 0))
    assert chosen == [1, 0, 3], "where one is, there is nothing to do"


def test_what_was_replaced_is_listed_on_request_and_cannot_be_chosen(
    panel: HistoryPanel, picture: Picture, chosen
) -> None:
    panel.show_document(picture)
    unfold(panel)
    picture.do("brush")
    picture.do("eraser")
    box = panel.findChild(QCheckBox)
    assert not box.isVisible()
    picture.jump(1)
    picture.do("fill")
    assert spoken(panel) == ["Fill, as it is now", "Brush", "Before any change"]
    assert box.isVisible()
    box.setChecked(True)
    assert spoken(panel) == ["Fill, as it is now", "Eraser, undone and replaced", "Brush", "Before any change"]
    rows = rows_of(panel)
    rows.clicked.emit(rows.model().index(1, 0))
    assert chosen == []


def test_a_click_and_enter_choose(panel: HistoryPanel, picture: Picture, chosen, qtbot: QtBot) -> None:
    panel.show_document(picture)
    unfold(panel)
    for tool in ("brush", "eraser", "fill"):
        picture.do(tool)
    rows = rows_of(panel)
    place = rows.visualRect(rows.model().index(1, 0)).center()
    QTest.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen == [2]
    pressed: list[bool] = []
    button = QPushButton(panel)  # a shortcut of the window: Enter is Reviewed
    button.setShortcut("Return")
    button.clicked.connect(pressed.append)
    button.show()
    panel.activateWindow()
    rows.setFocus()
    QTest.keyClick(rows, Qt.Key.Key_Down)
    QTest.keyClick(rows, Qt.Key.Key_Return)
    assert chosen == [2, 1]
    assert pressed == []


def test_while_cells_are_being_found_nothing_can_be_chosen(panel: HistoryPanel, picture: Picture) -> None:
    panel.show_document(picture)
    unfold(panel)
    picture.do()
    picture.segmenting = True
    picture.historyChanged.emit()
    assert visible_texts(panel) == ["While cells are being found, nothing can be taken back."]
    assert not rows_of(panel).isEnabled()
    picture.segmenting = False
    picture.historyChanged.emit()
    assert visible_texts(panel) == []
    assert rows_of(panel).isEnabled()


def test_folded_up_it_asks_for_nothing(panel: HistoryPanel, picture: Picture) -> None:
    panel.show_document(picture)
    picture.do()
    QCoreApplication.processEvents()
    assert picture.asked == 0
    unfold(panel)
    assert spoken(panel) == ["Brush, as it is now", "Before any change"]


def test_another_picture_has_a_history_of_its_own(panel: HistoryPanel, picture: Picture, qtbot: QtBot) -> None:
    panel.show_document(picture)
    unfold(panel)
    picture.do()
    assert len(spoken(panel)) == 2
    other = Picture()
    panel.show_document(other)
    picture.do()  # it is still being segmented
    other.do("wand")
    assert spoken(panel) == ["Wand, as it is now", "Before any change"]
    panel.show_document(None)
    assert visible_texts(panel) == ["Nothing was changed in this picture yet."]
    other.deleteLater()


def test_a_class_is_named_where_there_are_several(panel: HistoryPanel, picture: Picture) -> None:
    panel.show_document(picture)
    panel.show_classes(TWO[:1])
    unfold(panel)
    picture.do("brush", class_id=2, seconds=75.0)
    assert spoken(panel)[0] == "Brush, anna · 1 min, as it is now"
    panel.show_classes(TWO)
    assert spoken(panel)[0] == "Brush, white cell · anna · 1 min, as it is now"


def test_a_short_history_takes_little_room(panel: HistoryPanel, picture: Picture) -> None:
    panel.show_document(picture)
    unfold(panel)
    picture.do()
    low = rows_of(panel).height()
    for _ in range(30):
        picture.do()
    assert 3 * low < rows_of(panel).height() < 4 * low


def test_every_row_is_drawn(panel: HistoryPanel, picture: Picture) -> None:
    panel.show_document(picture)
    panel.show_classes(TWO)
    unfold(panel)
    for tool in ("segment", "brush", "class", "eraser"):
        picture.do(tool)
    picture.jump(2)
    rows = rows_of(panel)
    rows.setFocus()
    first = panel.grab().toImage()
    picture.jump(4)
    QCoreApplication.processEvents()
    assert panel.grab().toImage() != first


# -- time ----------------------------------------------------------------------------------------------------------


def test_time_is_the_hour_of_today_else_the_date() -> None:
    now = datetime(2026, 3, 4, 18, 0).astimezone()
    assert time_words((now - timedelta(hours=3, minutes=5)).astimezone(UTC).isoformat(), now) == "14:55"
    assert time_words((now - timedelta(days=2)).isoformat(), now) == "2 Mar"
    assert time_words((now - timedelta(days=300)).isoformat(), now) == "8 May 2025"
    assert time_words("yesterday", now) == ""


# -- the model -----------------------------------------------------------------------------------------------------


def shown(model: HistoryModel) -> list[tuple[int, EditState]]:
    records = [model.record(row) for row in range(model.rowCount() - 1)]
    return [(record.seq, record.state) for record in records if record is not None]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.one_of(st.none(), st.integers(0, 12)), max_size=25), with_abandoned=st.booleans())
def test_the_rows_are_those_of_a_list_made_anew(
    qtbot: QtBot, steps: Sequence[int | None], with_abandoned: bool
) -> None:
    """None: another edit; a number: a jump to it, if it can still be reached."""
    owner, picture = QObject(), Picture()
    model = HistoryModel(owner)
    model.show_records((), with_abandoned=with_abandoned)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    for step in steps:
        if step is None:
            picture.do()
        else:
            picture.jump(step)
        model.update(picture.edits())
        fresh = HistoryModel(owner)
        fresh.show_records(picture.edits(), with_abandoned=with_abandoned)
        assert shown(model) == shown(fresh)
        assert model.current.row() == fresh.current.row() >= 0
        assert model.has_abandoned == fresh.has_abandoned
    del tester
    owner.deleteLater()
    picture.deleteLater()
