from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QCoreApplication, QEvent, QPointF, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QKeyEvent, QMouseEvent, QWindow
from pytestqt.qtbot import QtBot

from bcseg_gui.core.errors import UserError
from bcseg_gui.session.time_spent import IDLE, TimeSpent

A, B = Path("a.png"), Path("b.png")


class Desk:
    """A person at a window, whose clock goes when they say so."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.window = QWindow()
        self.stored: list[tuple[Path, float]] = []
        self.has_entry = True
        self.problem: UserError | None = None
        self.spent = TimeSpent(self.store, clock=lambda: self.now)
        self.timer = self.spent.findChild(QTimer)
        self.spent.watch(self.window)

    def store(self, path: Path, seconds: float) -> bool:
        if self.problem is not None:
            raise self.problem
        if self.has_entry:
            self.stored.append((path, seconds))
        return self.has_entry

    def moves(self, *, after: float) -> None:
        self.now += after
        where = QPointF(3, 3)
        none = Qt.MouseButton.NoButton
        event = QMouseEvent(QEvent.Type.MouseMove, where, where, none, none, Qt.KeyboardModifier.NoModifier)
        QCoreApplication.sendEvent(self.window, event)

    def types(self, *, after: float) -> None:
        self.now += after
        event = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_B, Qt.KeyboardModifier.NoModifier)
        QCoreApplication.sendEvent(self.window, event)


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.spent.deleteLater()
    desk.window.destroy()


def test_the_time_between_inputs_counts(desk: Desk) -> None:
    desk.spent.begin(A)
    desk.moves(after=5)
    desk.types(after=20)
    desk.now += 2
    desk.spent.begin(B)
    desk.moves(after=3)
    desk.spent.begin(None)
    assert desk.stored == [(A, 27.0), (B, 3.0)]


def test_an_absence_does_not_count(desk: Desk) -> None:
    desk.spent.begin(A)
    desk.moves(after=10)
    desk.moves(after=IDLE + 1)
    desk.moves(after=10)
    desk.now += 8 * 3600  # the computer slept
    desk.spent.begin(None)
    assert desk.stored == [(A, 20.0)]


def test_what_is_done_in_another_program_does_not_count(desk: Desk) -> None:
    app = QGuiApplication.instance()
    assert isinstance(app, QGuiApplication)
    desk.spent.begin(A)
    desk.now += 4
    app.applicationStateChanged.emit(Qt.ApplicationState.ApplicationInactive)
    desk.moves(after=10)  # the pointer crosses the window
    app.applicationStateChanged.emit(Qt.ApplicationState.ApplicationActive)
    desk.moves(after=10)
    desk.moves(after=3)
    desk.spent.save()
    assert desk.stored == [(A, 7.0)]


def test_looking_alone_is_not_stored_but_counts_once_work_begins(desk: Desk) -> None:
    desk.has_entry = False
    desk.spent.begin(A)
    desk.moves(after=30)
    desk.spent.save()
    desk.has_entry = True
    desk.moves(after=5)
    desk.spent.save()
    assert desk.stored == [(A, 35.0)]


def test_looking_alone_is_forgotten_with_the_picture(desk: Desk) -> None:
    desk.has_entry = False
    desk.spent.begin(A)
    desk.moves(after=30)
    desk.spent.begin(B)
    desk.has_entry = True
    desk.moves(after=5)
    desk.spent.begin(None)
    assert desk.stored == [(B, 5.0)]


def test_a_full_disk_costs_nothing(desk: Desk) -> None:
    desk.spent.begin(A)
    desk.moves(after=30)
    desk.problem = UserError("The disk is full.")
    desk.spent.save()
    desk.problem = None
    desk.moves(after=10)
    desk.spent.save()
    assert desk.stored == [(A, 40.0)]


def test_it_is_stored_now_and_then_but_not_twice(desk: Desk) -> None:
    desk.spent.begin(A)
    desk.moves(after=30)
    desk.timer.timeout.emit()
    desk.moves(after=10)
    desk.timer.timeout.emit()
    desk.timer.timeout.emit()
    desk.spent.begin(A)  # still the same picture
    desk.spent.begin(None)
    assert desk.stored == [(A, 30.0), (A, 10.0)]


def test_storing_is_no_sign_of_a_person(desk: Desk) -> None:
    desk.spent.begin(A)
    desk.moves(after=10)
    for _minute in range(5):
        desk.now += 50
        desk.timer.timeout.emit()
    desk.moves(after=1)
    desk.spent.begin(None)
    assert desk.stored == [(A, 10.0)]


def test_a_glance_leaves_no_file(desk: Desk) -> None:
    desk.spent.begin(A)
    desk.moves(after=0.5)
    desk.spent.begin(B)
    assert desk.stored == []


@given(st.lists(st.integers(0, 1600).map(lambda eighths: eighths / 8), max_size=20))  # which add up exactly
def test_storing_in_between_changes_no_sum(gaps: list[float]) -> None:
    now = 0.0
    stored: list[float] = []

    def store(_path: Path, seconds: float) -> bool:
        stored.append(seconds)
        return True

    spent = TimeSpent(store, clock=lambda: now)
    spent.begin(A)
    event = QEvent(QEvent.Type.KeyPress)
    for place, gap in enumerate(gaps):
        now += gap
        spent.eventFilter(spent, event)
        if place % 3 == 0:
            spent.save()
    spent.save()
    total = sum(gap for gap in gaps if gap <= IDLE)
    assert sum(stored) + spent.seconds == pytest.approx(total, abs=0.05 * (len(stored) + 1))
    spent.deleteLater()
