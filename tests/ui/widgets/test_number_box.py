from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QWheelEvent
from PySide6.QtWidgets import QApplication, QMainWindow
from pytestqt.qtbot import QtBot

from bcseg_gui.ui.widgets.number_box import NumberBox


def test_enter_in_a_number_is_not_the_windows_enter(qtbot: QtBot) -> None:
    window = QMainWindow()
    qtbot.addWidget(window)
    box = NumberBox()
    window.setCentralWidget(box)
    reviewed: list[str] = []
    action = QAction(window)
    action.setShortcuts(["Return", "Enter"])
    action.triggered.connect(lambda: reviewed.append("reviewed"))
    window.addAction(action)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, "42")
    qtbot.keySequence(box, "Return")
    assert (box.value(), reviewed) == (42, [])
    qtbot.keySequence(window, "Return")
    assert reviewed == ["reviewed"], "afterwards it is the window's again"


def test_a_wheel_that_passes_by_changes_nothing(qtbot: QtBot) -> None:
    box = NumberBox()
    qtbot.addWidget(box)
    box.setValue(42)
    box.show()
    box.clearFocus()
    place = QPointF(5, 5)
    wheel = QWheelEvent(
        place,
        place,
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(box, wheel)
    assert box.value() == 42


def test_it_keeps_the_keyboard_while_a_number_may_be_typed_but_not_after_its_arrows(qtbot: QtBot) -> None:
    window, box = QMainWindow(), NumberBox()
    qtbot.addWidget(window)
    window.setCentralWidget(box)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    box.setFocus()
    assert box.keeps_keyboard
    box.stepUp()
    assert not box.keeps_keyboard
    qtbot.keyClicks(box, "7")
    assert box.keeps_keyboard
    box.clearFocus()
    assert not box.keeps_keyboard


def test_keys_that_say_nothing_to_a_number_are_the_windows(qtbot: QtBot) -> None:
    window, box = QMainWindow(), NumberBox()
    qtbot.addWidget(window)
    window.setCentralWidget(box)
    heard: list[str] = []
    for keys in ("B", "Ctrl+Z", "4"):
        action = QAction(window)
        action.setShortcut(keys)
        action.triggered.connect(lambda _checked=False, keys=keys: heard.append(keys))
        window.addAction(action)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    box.setFocus()
    qtbot.keySequence(box, "B")
    qtbot.keySequence(box, "Ctrl+Z")
    assert heard == ["B", "Ctrl+Z"]
    box.selectAll()
    qtbot.keySequence(box, "4")
    qtbot.keySequence(box, "Ctrl+Z")
    assert heard == ["B", "Ctrl+Z"], "the digit was for the box, and so was taking it back"
