"""The real program, painting stroke after stroke until it is killed. `python kill_driver.py PICTURE`; prints a line
after each finished stroke."""

from __future__ import annotations

import sys
from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from bcseg_gui.app import main
from bcseg_gui.ui.main_window import MainWindow

FIRST, APART = 20, 12
"""Place of the first stroke and distance to the next, px."""


def begin() -> None:
    window = next((each for each in QApplication.topLevelWidgets() if isinstance(each, MainWindow)), None)
    if window is None or window.session.document is None:
        QTimer.singleShot(10, begin)
        return
    window.actions_["brush"].trigger()
    QTimer.singleShot(0, painter(window))


def painter(window: MainWindow) -> Callable[[], None]:
    painted = 0

    def paint() -> None:
        nonlocal painted
        port, y = window.view.viewport(), FIRST + APART * painted
        left = Qt.MouseButton.LeftButton
        QTest.mousePress(port, left, pos=window.view.mapFromScene(QPoint(20, y)))
        QTest.mouseMove(port, window.view.mapFromScene(QPoint(120, y)))
        QTest.mouseRelease(port, left, pos=window.view.mapFromScene(QPoint(120, y)))
        painted += 1
        print(painted, flush=True)
        QTimer.singleShot(0, paint)

    return paint


if __name__ == "__main__":
    QApplication([])
    QTimer.singleShot(0, begin)
    sys.exit(main(sys.argv[1:]))
