from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from bcseg_gui.ui.slide_view import SlideView
from bcseg_gui.ui.tools import SelectLassoTool
from tests.ui.slide_view.driving import LEFT, A, move


def test_the_loupe_enlarges_what_is_at_the_pointer_and_repaints_nothing_else(
    qtbot: QtBot, view: SlideView, painting: Any, settle: Callable[[], None]
) -> None:
    QTest.mouseClick(view.viewport(), LEFT, pos=A)
    view.set_tool(SelectLassoTool(view))
    view.show_loupe(True)
    move(view, A)
    qtbot.waitUntil(lambda: view.loupe.is_shown)
    settle()
    glass = view.loupe.rect
    image = view.viewport().grab().toImage()

    green = QColor(0, 200, 0)
    assert image.pixelColor(glass.center() + QPoint(-25, 20)) == green
    assert image.pixelColor(glass.center() + QPoint(30, 2)) == green, "the dab has a radius of ten pixels"
    assert image.pixelColor(glass.center() + QPoint(55, 0)) == QColor(255, 255, 255)
    assert not glass.contains(A)

    view.show_loupe(False)
    qtbot.waitUntil(lambda: not view.loupe.is_shown)
    image = view.viewport().grab().toImage()
    assert image.pixelColor(glass.center()) == QColor(255, 255, 255)


@pytest.mark.parametrize("at", [QPoint(3, 3), QPoint(795, 3), QPoint(3, 595), QPoint(795, 595), QPoint(400, 300)])
def test_the_loupe_stays_in_sight_and_off_the_pointer(qtbot: QtBot, view: SlideView, painting: Any, at: QPoint) -> None:
    view.show_loupe(True)
    move(view, at)
    qtbot.waitUntil(lambda: view.loupe.is_shown)

    assert view.viewport().rect().contains(view.loupe.rect)
    assert not view.loupe.rect.contains(at)
