from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.masks.storage.recovery import Recovered
from bcseg_gui.ui.dialogs.recover import RecoverDialog


class FakeRecovering(QObject):
    examined, recovered, failed = Signal(object), Signal(object), Signal(object)
    picture = Path("/ward/a.png")
    loses_strokes = False

    def __init__(self) -> None:
        super().__init__()
        self.done: list[str] = []

    def examine(self) -> None:
        self.done.append("examine")

    def recover(self) -> None:
        self.done.append("recover")

    def stop(self) -> None:
        self.done.append("stop")


@pytest.fixture
def window(qtbot: QtBot) -> QWidget:
    window = QWidget()
    qtbot.addWidget(window)
    return window


@pytest.fixture
def recovering(window: QWidget) -> FakeRecovering:
    return FakeRecovering()


@pytest.fixture
def dialog(window: QWidget, recovering: FakeRecovering) -> RecoverDialog:
    dialog = RecoverDialog(recovering, window)
    dialog.open()
    return dialog


def button(dialog: RecoverDialog, text: str) -> QPushButton:
    (found,) = (one for one in dialog.findChildren(QPushButton) if one.text() == text)
    return found


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (Recovered(37, 1, False, 12), "37 of 38 parts of them can be recovered; the damaged file is kept."),
        (Recovered(38, 0, False, 12), "All cells can be recovered"),
        (Recovered(5, 2, True, 0), "5 parts of them can be recovered, others are missing"),
    ],
)
def test_it_says_what_can_be_recovered_before_it_is(dialog, recovering, found, says) -> None:
    assert "Looking at" in dialog.text
    assert not button(dialog, "Recover").isVisible()
    recovering.examined.emit(found)
    assert "“a.png”" in dialog.text
    assert says in dialog.text
    assert ("12 changes can still be undone" in dialog.more) == bool(found.edits)
    assert recovering.done == ["examine"]
    dialog.reject()


def test_recover(qtbot: QtBot, dialog: RecoverDialog, recovering: FakeRecovering) -> None:
    recovering.examined.emit(Recovered(37, 1, False, 12))
    button(dialog, "Recover").click()
    assert recovering.done == ["examine", "recover"]
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.isVisible(), "it is not left half done"
    said: list[str] = []
    dialog.recovered.connect(said.append)
    gone: list[bool] = []
    dialog.destroyed.connect(lambda: gone.append(True))
    recovering.recovered.emit(Recovered(37, 1, False, 12, Path("/ward/mask-damaged-2026.sqlite")))
    qtbot.waitUntil(lambda: bool(gone))
    assert said == ["“a.png” is recovered. The damaged file is kept as “/ward/mask-damaged-2026.sqlite”."]


def test_leave_it(qtbot: QtBot, dialog: RecoverDialog, recovering: FakeRecovering) -> None:
    recovering.examined.emit(Recovered(37, 1, False, 12))
    done = recovering.done
    with qtbot.waitSignal(dialog.destroyed):
        button(dialog, "Leave it").click()
    assert "recover" not in done


def test_where_nothing_can_be_recovered_it_says_so(qtbot, dialog, recovering) -> None:
    recovering.failed.emit(UserError("Nothing in “{path}” can be recovered.", path="mask.sqlite"))
    assert dialog.text == "Nothing in “mask.sqlite” can be recovered."
    assert not button(dialog, "Recover").isVisible()
    with qtbot.waitSignal(dialog.destroyed):
        button(dialog, "Close").click()


def test_it_says_when_strokes_are_lost(dialog, recovering) -> None:
    recovering.loses_strokes = True
    recovering.examined.emit(Recovered(1, 0, False, 1))
    assert "What you painted last" in dialog.more
    dialog.reject()
