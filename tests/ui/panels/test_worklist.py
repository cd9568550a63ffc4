from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread, current_thread

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QColor, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QListView, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from bcseg_gui.core import thumbnails
from bcseg_gui.session.order import Order
from bcseg_gui.session.worklist import Worklist, WorklistItem
from bcseg_gui.ui.panels.thumbnail_queue import ThumbnailQueue
from bcseg_gui.ui.panels.worklist import LONG, WorklistPanel
from bcseg_gui.ui.panels.worklist_options import WorklistOptions
from tests.waiting import LIMIT

Spoken = Qt.ItemDataRole.AccessibleTextRole


@pytest.fixture
def order() -> Order:
    return Order()


@pytest.fixture
def panel(qtbot: QtBot, order: Order) -> Iterator[WorklistPanel]:
    panel = WorklistPanel(order)
    qtbot.addWidget(panel)
    panel.resize(220, 400)
    yield panel
    panel.close_quietly()


@pytest.fixture
def items(tmp_path: Path) -> list[WorklistItem]:
    paths = [tmp_path / f"{name}.png" for name in "abc"]
    for path in paths:
        cv2.imwrite(str(path), np.full((40, 80, 3), (0, 0, 255), np.uint8))
    return [WorklistItem(path, status) for path, status in zip(paths, ("reviewed", "doing", "todo"), strict=True)]


@pytest.fixture
def many(tmp_path: Path) -> Worklist:
    """300 pictures that do not exist, in turn reviewed, in progress and to do; each is named by its place."""
    statuses = ("reviewed", "doing", "todo")
    return Worklist(WorklistItem(tmp_path / f"Field {place:03}.png", statuses[place % 3]) for place in range(300))


@pytest.fixture
def chosen(panel: WorklistPanel) -> list[int]:
    places: list[int] = []
    panel.chosen.connect(places.append)
    return places


def show(panel: WorklistPanel, items: Sequence[WorklistItem], front: int) -> None:
    """Refresh as session and window do."""
    panel.order.show(items, front)
    panel.refresh()


def rows_of(panel: WorklistPanel) -> QListView:
    return panel.findChild(QListView, "worklist")


def spoken(panel: WorklistPanel) -> list[str]:
    model = rows_of(panel).model()
    return [model.index(row, 0).data(Spoken) for row in range(model.rowCount())]


def current(panel: WorklistPanel) -> str | None:
    rows = rows_of(panel)
    assert [index.row() for index in rows.selectedIndexes()] == [
        row for row in [rows.currentIndex().row()] if row >= 0
    ], "the current row is the marked one"
    return rows.currentIndex().data(Spoken)


def choose(panel: WorklistPanel, row: int) -> None:
    rows_of(panel).setCurrentIndex(rows_of(panel).model().index(row, 0))
    QCoreApplication.processEvents()


def only(panel: WorklistPanel, status: str) -> None:
    words = {"": "All pictures", "todo": "to do", "doing": "in progress", "reviewed": "reviewed"}[status]
    choose_option(panel, words)


def choose_option(panel: WorklistPanel, words: str) -> None:
    """Choose from the menu of the button beside the title."""
    actions = panel.findChild(WorklistOptions).menu().actions()
    next(action for action in actions if action.text().endswith(words)).trigger()


def middle(panel: WorklistPanel, row: int) -> QColor:
    icon = rows_of(panel).model().index(row, 0).data(Qt.ItemDataRole.DecorationRole)
    image = icon.pixmap(56, 42).toImage()
    return image.pixelColor(image.width() // 2, image.height() // 2)


def is_red(color: QColor) -> bool:
    return color.red() > 240 and color.green() < 15 and color.blue() < 15


def test_it_shows_how_far_each_picture_is(panel: WorklistPanel, items, chosen) -> None:
    show(panel, items, 1)
    assert spoken(panel) == ["a, reviewed", "b, in progress", "c, to do"]
    assert current(panel) == "b, in progress"
    assert panel.findChild(QLabel, "panelTitle").text() == "1 of 3 reviewed"
    QCoreApplication.processEvents()
    assert chosen == [], "showing is not choosing"
    choose(panel, 2)
    assert chosen == [2]


def test_a_problem_is_in_the_tool_tip(panel: WorklistPanel, items) -> None:
    items[2] = replace(items[2], status="problem", problem="It is damaged.")
    show(panel, items, 0)
    tips = [rows_of(panel).model().index(row, 0).data(Qt.ItemDataRole.ToolTipRole) for row in range(3)]
    assert tips == [str(items[0].path), str(items[1].path), "It is damaged."]


def test_a_mark_changes_its_row_and_moves_nothing(panel: WorklistPanel, many: Worklist, chosen) -> None:
    panel.show()
    show(panel, many, 0)
    rows_of(panel).scrollTo(rows_of(panel).model().index(150, 0))
    before = rows_of(panel).verticalScrollBar().value()
    marked = many.marked(replace(many[0], status="todo"))
    show(panel, marked, 0)
    QCoreApplication.processEvents()
    assert spoken(panel)[:2] == ["Field 000, to do", "Field 001, in progress"]
    assert panel.findChild(QLabel, "panelTitle").text() == "99 of 300 reviewed"
    assert rows_of(panel).verticalScrollBar().value() == before > 0
    assert chosen == []


def test_a_picture_that_does_not_open_gives_its_mark_back(panel: WorklistPanel, many: Worklist) -> None:
    show(panel, many, 0)
    panel.chosen.connect(lambda _place: show(panel, many, 0))
    choose(panel, 7)
    assert current(panel) == "Field 000, reviewed"


def test_another_worklist_takes_the_place_of_the_one_before(panel: WorklistPanel, many: Worklist, items) -> None:
    show(panel, many, 5)
    show(panel, items, 2)
    assert spoken(panel) == ["a, reviewed", "b, in progress", "c, to do"]
    assert current(panel) == "c, to do"
    show(panel, (), -1)
    assert spoken(panel) == []
    assert panel.findChild(QLabel, "panelTitle").text() == "Pictures"


# -- the search ----------------------------------------------------------------------------------------------------


def test_only_a_long_list_can_be_searched(panel: WorklistPanel, many: Worklist, items) -> None:
    panel.show()
    search = panel.findChild(QLineEdit)
    show(panel, items, 0)
    assert not search.isVisible()
    show(panel, Worklist(many[: LONG + 1]), 0)
    assert search.isVisible()
    show(panel, Worklist(many[:LONG]), 0)
    assert not search.isVisible()


def test_a_name_or_a_status_is_found(panel: WorklistPanel, many: Worklist, chosen) -> None:
    show(panel, many, 0)
    panel.findChild(QLineEdit).setText("fIELD 10")
    assert spoken(panel) == [f"Field 10{n}, {('in progress', 'to do', 'reviewed')[n % 3]}" for n in range(10)]
    only(panel, "todo")
    assert spoken(panel) == ["Field 101, to do", "Field 104, to do", "Field 107, to do"]
    QCoreApplication.processEvents()
    assert chosen == [], "searching is not choosing"
    choose(panel, 1)
    assert chosen == [104]


def test_a_picture_marked_while_one_status_is_shown_leaves_or_joins(
    panel: WorklistPanel, many: Worklist, chosen
) -> None:
    show(panel, many, 2)
    only(panel, "todo")
    assert current(panel) == "Field 002, to do"
    marked = many.marked(replace(many[2], status="reviewed"))
    show(panel, marked, 5)
    assert current(panel) == "Field 005, to do"
    assert spoken(panel)[0] == "Field 005, to do"
    show(panel, marked.marked(replace(many[1], status="todo")), 5)
    assert spoken(panel)[:2] == ["Field 001, to do", "Field 005, to do"]
    QCoreApplication.processEvents()
    assert chosen == []


def test_the_picture_that_is_worked_on_keeps_its_row_until_one_goes_on(panel: WorklistPanel, many: Worklist) -> None:
    show(panel, many, 2)
    only(panel, "todo")
    begun = many.marked(replace(many[2], status="doing"))
    show(panel, begun, 2)
    assert current(panel) == "Field 002, in progress"
    reviewed = begun.marked(replace(many[2], status="reviewed"))
    show(panel, reviewed, 2)
    assert current(panel) == "Field 002, reviewed"
    show(panel, reviewed, 5)
    assert spoken(panel)[0] == "Field 005, to do"


def test_the_picture_in_front_may_be_one_that_is_not_shown(panel: WorklistPanel, many: Worklist, chosen) -> None:
    show(panel, many, 0)
    only(panel, "todo")
    assert current(panel) is None
    panel.findChild(QPushButton).click()
    assert current(panel) == "Field 000, reviewed"
    QCoreApplication.processEvents()
    assert chosen == []


def test_where_nothing_is_found_it_says_so_and_leads_back(panel: WorklistPanel, many: Worklist) -> None:
    panel.show()
    show(panel, many, 0)
    panel.findChild(QLineEdit).setText("no such name")
    button = panel.findChild(QPushButton)
    assert button.isVisible()
    assert not rows_of(panel).isVisible()
    button.click()
    assert rows_of(panel).isVisible()
    assert len(spoken(panel)) == 300
    assert panel.findChild(QLineEdit).text() == ""


def test_a_search_ends_with_its_worklist(panel: WorklistPanel, many: Worklist, items) -> None:
    show(panel, many, 0)
    panel.findChild(QLineEdit).setText("no such name")
    only(panel, "doing")
    show(panel, items, 0)
    assert len(spoken(panel)) == 3
    show(panel, many, 0)
    assert len(spoken(panel)) == 300


def test_the_keyboard_searches_and_chooses(panel: WorklistPanel, many: Worklist, chosen, qtbot: QtBot) -> None:
    show(panel, many, 0)
    with qtbot.waitExposed(panel):
        panel.show()
    panel.activateWindow()
    panel.findChild(QShortcut).activated.emit()
    search = panel.findChild(QLineEdit)
    assert search.hasFocus()
    assert panel.has_keyboard()
    QTest.keyClicks(search, "042")
    QTest.keyClick(search, Qt.Key.Key_Return)
    QCoreApplication.processEvents()
    assert chosen == [42]
    assert rows_of(panel).hasFocus()
    panel.search()
    QTest.keyClick(search, Qt.Key.Key_Escape)
    assert len(spoken(panel)) == 300
    assert not search.hasFocus()


def test_enter_in_the_search_is_not_the_windows_own(panel: WorklistPanel, many: Worklist, qtbot: QtBot) -> None:
    pressed: list[bool] = []
    show(panel, many, 0)
    QShortcut(Qt.Key.Key_Return, panel, lambda: pressed.append(True))
    with qtbot.waitExposed(panel):
        panel.show()
    panel.activateWindow()
    panel.search()
    QTest.keyClick(panel.findChild(QLineEdit), Qt.Key.Key_Return)
    assert pressed == []


# -- the order ------------------------------------------------------------------------------------------------------


@pytest.fixture
def mixed(tmp_path: Path) -> Worklist:
    """Four pictures, found in an order of their own."""
    facts = (("b10", "reviewed", 30.0, 0), ("a", "todo", 0.0, 0), ("b9", "todo", 400.0, 1), ("c", "doing", 90.0, 2))
    return Worklist(
        WorklistItem(tmp_path / f"{name}.png", status, seconds=seconds, rank=rank)
        for name, status, seconds, rank in facts
    )


def names(panel: WorklistPanel) -> list[str]:
    return [words.split(",")[0] for words in spoken(panel)]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Order of the folder", ["b10", "a", "b9", "c"]),
        ("Name", ["a", "b9", "b10", "c"]),
        ("Status", ["c", "a", "b9", "b10"]),
        ("Time spent", ["b9", "c", "b10", "a"]),
        ("What to correct next", ["b9", "c", "b10", "a"]),
    ],
)
def test_the_pictures_can_be_sorted(panel: WorklistPanel, mixed: Worklist, chosen, words: str, expected) -> None:
    show(panel, mixed, 3)
    choose_option(panel, words)
    assert names(panel) == expected
    assert current(panel) == "c, in progress"
    QCoreApplication.processEvents()
    assert chosen == [], "sorting is not choosing"
    choose(panel, 0)
    assert [mixed[place].path.stem for place in chosen] == [name for name in expected[:1] if name != "c"]


def test_a_mark_moves_no_row_until_it_is_sorted_anew(panel: WorklistPanel, mixed: Worklist) -> None:
    show(panel, mixed, 3)
    choose_option(panel, "Status")
    marked = mixed.marked(replace(mixed[3], status="reviewed"))
    show(panel, marked, 1)
    assert spoken(panel) == ["c, reviewed", "a, to do", "b9, to do", "b10, reviewed"]
    assert current(panel) == "a, to do"
    choose_option(panel, "Status")
    assert names(panel) == ["a", "b9", "b10", "c"]


def test_enter_and_the_page_keys_follow_the_order_shown(panel: WorklistPanel, order: Order, mixed: Worklist) -> None:
    show(panel, mixed, 0)
    choose_option(panel, "Name")  # a, b9, b10, c
    assert order.next_left(0) == 3
    assert order.next_left(3) == 1, "it goes round"
    assert order.step(0, 1) == 3
    assert order.step(0, -1) == 2
    assert order.step(1, -1) is None
    assert order.step(3, 1) is None


def test_enter_stays_among_those_shown_as_long_as_there_are_any(
    panel: WorklistPanel, order: Order, many: Worklist
) -> None:
    show(panel, many, 101)
    panel.findChild(QLineEdit).setText("Field 10")
    assert order.next_left(109) == 100, "not 110"
    only(panel, "todo")
    marked = many.marked(replace(many[101], status="reviewed"))
    show(panel, marked, 101)
    assert order.next_left(101) == 104, "though it has left the list"
    assert order.step(101, 1) == 104
    assert order.step(101, -1) is None
    only(panel, "reviewed")
    assert order.next_left(101) == 103, "none is shown that is left to do: the next of all"


def test_there_is_no_next_when_all_is_done(panel: WorklistPanel, order: Order, items) -> None:
    show(panel, [replace(item, status="reviewed") for item in items[:2]] + items[2:], 2)
    assert order.next_left(2) is None
    assert order.next_left(0) == 2


def test_another_folder_keeps_the_order_chosen(panel: WorklistPanel, mixed: Worklist, items) -> None:
    show(panel, items, 0)
    choose_option(panel, "Name")
    show(panel, mixed, 0)
    assert names(panel) == ["a", "b9", "b10", "c"]


def test_one_status_alone_says_so_and_leads_back(panel: WorklistPanel, items) -> None:
    panel.show()
    show(panel, items, 0)
    only(panel, "todo")
    said = next(label for label in panel.findChildren(QLabel) if label.text() == "Only: to do")
    assert said.isVisible()
    next(button for button in panel.findChildren(QToolButton) if button.text() == "✕").click()
    assert not said.isVisible()
    assert len(spoken(panel)) == 3


def test_a_single_picture_needs_no_order(panel: WorklistPanel, items) -> None:
    panel.show()
    show(panel, items[:1], 0)
    assert not panel.findChild(WorklistOptions).isVisible()
    show(panel, items, 0)
    assert panel.findChild(WorklistOptions).isVisible()


def test_the_time_spent_is_in_the_tool_tip(panel: WorklistPanel, mixed: Worklist) -> None:
    show(panel, mixed, 0)
    tips = [rows_of(panel).model().index(row, 0).data(Qt.ItemDataRole.ToolTipRole) for row in range(3)]
    assert tips == [f"{mixed[0].path}\n30 s of work", str(mixed[1].path), f"{mixed[2].path}\n6 min of work"]
    assert panel.findChild(QLabel, "panelTitle").toolTip() == "8 min of work on these pictures"


# -- thumbnails ----------------------------------------------------------------------------------------------------


def test_thumbnails_come_in_the_background(panel: WorklistPanel, items, qtbot: QtBot) -> None:
    items[1].path.write_bytes(b"no picture")
    panel.show()
    show(panel, items, 0)
    qtbot.waitUntil(lambda: is_red(middle(panel, 2)))
    assert is_red(middle(panel, 0))
    assert not is_red(middle(panel, 1))


def test_they_are_made_of_what_is_seen_first(
    panel: WorklistPanel, many: Worklist, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    def make(path: Path, _page: int = 0) -> np.ndarray:
        made.append(int(path.stem[-3:]))
        return np.full((84, 112, 3), (255, 0, 0), np.uint8)

    for item in many:
        item.path.write_bytes(b"x")
    monkeypatch.setattr(thumbnails, "make_thumbnail", make)
    panel.show()
    show(panel, many, 200)
    seen = panel.findChild(ThumbnailQueue).seen()
    assert 200 in seen
    qtbot.waitUntil(lambda: len(made) >= len(seen) + 6)
    assert sorted(made[: len(seen)]) == list(seen)
    near = [place for place in made if place not in seen]
    assert all(seen.start - 10 < place < seen.stop + 10 for place in near[:6]), "then what lies nearest"


def test_what_nobody_sees_is_not_read(panel: WorklistPanel, items) -> None:
    show(panel, items, 0)
    QCoreApplication.processEvents()
    assert not panel.findChild(ThumbnailQueue).is_busy


def test_closing_does_not_wait_for_a_drive_that_hangs(
    panel: WorklistPanel, items, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, back = Event(), Event()
    readers: list[Thread] = []

    def hang(*_: object) -> np.ndarray:
        readers.append(current_thread())
        begun.set()
        back.wait(LIMIT)
        return np.zeros((84, 112, 3), np.uint8)

    monkeypatch.setattr(thumbnails, "make_thumbnail", hang)
    panel.show()
    show(panel, items, 0)
    qtbot.waitUntil(begun.is_set)
    panel.close_quietly()
    (reader,) = readers
    assert reader.is_alive()
    back.set()
    reader.join(LIMIT)  # or it would run on into the following tests
    assert not reader.is_alive()
