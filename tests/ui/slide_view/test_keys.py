"""Keys and wheel besides press, move and release, also during a stroke."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from bcseg_gui.ui.slide_view import SlideView
from bcseg_gui.ui.slide_view.cursors import tool_cursor
from bcseg_gui.ui.tools import BrushTool, CellsTool, EraserTool, OutlineTool, PickedCells, SelectLassoTool
from tests.ui.slide_view.driving import ALT, LEFT, MIDDLE, PLAIN, SHIFT, A, B, C, covered, level0, move, painted, wheel

# -- moving the picture in the middle of a stroke ------------------------------------------------------------------


@pytest.mark.parametrize("how", ["space", "middle button"])
def test_a_stroke_waits_while_the_picture_is_moved_and_goes_on_without_a_line(
    view: SlideView, painting: Any, how: str
) -> None:
    QTest.mousePress(view.viewport(), LEFT, pos=A)
    first = level0(view, A)
    if how == "space":
        QTest.keyPress(view, Qt.Key.Key_Space)
    else:
        QTest.mousePress(view.viewport(), MIDDLE, pos=A)
    assert view.viewport().cursor().shape() == Qt.CursorShape.ClosedHandCursor
    move(view, B, LEFT)
    assert level0(view, B) == pytest.approx(first), "the picture came along"
    # As far as panning goes: there the pointer leaves the slide behind.
    for x in range(300, 800, 50):
        move(view, QPoint(x, 590), LEFT)
    if how == "space":
        QTest.keyRelease(view, Qt.Key.Key_Space)
    else:
        QTest.mouseRelease(view.viewport(), MIDDLE, pos=QPoint(750, 590))
    second = level0(view, QPoint(750, 590))
    move(view, QPoint(700, 590), LEFT)
    third = level0(view, QPoint(700, 590))
    QTest.mouseRelease(view.viewport(), LEFT, pos=QPoint(700, 590))

    np.testing.assert_array_equal(painted(painting), covered((first, first), (second, third)))
    assert len(painting.mask.edits()) == 1


def test_let_go_while_the_picture_is_moved_the_stroke_ends_where_it_was(view: SlideView, painting: Any) -> None:
    QTest.mousePress(view.viewport(), LEFT, pos=A)
    first = level0(view, A)
    QTest.keyPress(view, Qt.Key.Key_Space)
    move(view, C, LEFT)
    QTest.mouseRelease(view.viewport(), LEFT, pos=C)
    QTest.keyRelease(view, Qt.Key.Key_Space)

    np.testing.assert_array_equal(painted(painting), covered((first, first)))
    assert [edit.tool for edit in painting.mask.edits()] == ["brush"]


@pytest.mark.parametrize("how", ["wheel", "arrow"])
def test_zoom_and_scroll_do_not_break_a_stroke_nor_draw_one(view: SlideView, painting: Any, how: str) -> None:
    QTest.mousePress(view.viewport(), LEFT, pos=A)
    first = level0(view, A)
    if how == "wheel":
        wheel(view, A)
    else:
        QTest.keyClick(view, Qt.Key.Key_Right)
    second = level0(view, A)
    move(view, B, LEFT)
    third = level0(view, B)
    QTest.mouseRelease(view.viewport(), LEFT, pos=B)

    np.testing.assert_array_equal(painted(painting), covered((first, first), (second, third)))
    assert len(painting.mask.edits()) == 1


# -- keys that say how ---------------------------------------------------------------------------------------------


def test_alt_takes_away_and_the_pointer_says_so_before(view: SlideView, painting: Any) -> None:
    move(view, A)
    assert view.pointer.ring.sign == 0
    QTest.keyPress(view, Qt.Key.Key_Alt)
    assert view.pointer.ring.sign == -1
    QTest.keyRelease(view, Qt.Key.Key_Alt)
    assert view.pointer.ring.sign == 0

    QTest.mousePress(view.viewport(), LEFT, ALT, pos=A)
    QTest.mouseRelease(view.viewport(), LEFT, ALT, pos=A)
    assert painting.strokes == ["eraser"]
    view.set_tool(EraserTool(painting))
    move(view, A, keys=SHIFT)
    assert view.pointer.ring.sign == 1


def test_other_tools_have_a_pointer_of_their_own(view: SlideView, painting: Any) -> None:
    def picture() -> QImage:
        return view.viewport().cursor().pixmap().toImage()

    view.set_tool(OutlineTool(painting, view))
    move(view, A)
    outline = picture()
    move(view, A, keys=ALT)
    taking_away = picture()
    view.set_tool(SelectLassoTool(view))
    move(view, A)

    assert not outline.isNull()
    assert outline != taking_away
    assert picture() not in (outline, taking_away)


def test_a_pointer_is_sharp_on_a_sharp_screen(qtbot: QtBot) -> None:
    pixmap = tool_cursor("wand", 1, 2.0).pixmap()

    assert pixmap.devicePixelRatio() == 2
    assert pixmap.width() == 64


def test_shift_and_wheel_step_the_opacity_whichever_way_the_system_turns_it(view: SlideView, painting: Any) -> None:
    steps: list[float] = []
    view.opacityStepped.connect(steps.append)
    zoom = view.zoom
    wheel(view, A, SHIFT)
    wheel(view, A, SHIFT, QPoint(-120, 0))

    assert steps == [1, -1]
    assert view.zoom == zoom


def test_tab_held_hides_the_mask(view: SlideView, painting: Any) -> None:
    peeks: list[bool] = []
    view.maskPeek.connect(peeks.append)
    QTest.keyPress(view, Qt.Key.Key_Tab)
    QTest.keyRelease(view, Qt.Key.Key_Tab)
    assert peeks == [True, False]
    assert view.hasFocus()

    QTest.keyPress(view, Qt.Key.Key_Tab)
    view.clearFocus()
    assert peeks == [True, False, True, False]


@pytest.fixture
def beside(qtbot: QtBot, view: SlideView) -> Iterator[QLineEdit]:
    """A field in the same window that can take the focus."""
    window, field = QWidget(), QLineEdit()
    column = QVBoxLayout(window)
    column.addWidget(field)
    column.addWidget(view)
    qtbot.addWidget(window)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    view.setFocus()
    yield field
    view.setParent(None)


@pytest.mark.parametrize(("key", "keys"), [(Qt.Key.Key_Backtab, SHIFT), (Qt.Key.Key_F6, PLAIN)])
def test_the_keyboard_can_leave_the_picture(
    view: SlideView, painting: Any, beside: QLineEdit, key: Qt.Key, keys: Qt.KeyboardModifier
) -> None:
    assert view.hasFocus()
    QTest.keyClick(view, key, keys)

    assert beside.hasFocus()


# -- a pointer moved by keys ---------------------------------------------------------------------------------------


def test_keys_can_paint(view: SlideView, painting: Any) -> None:
    QApplication.processEvents()
    QApplication.sendEvent(view, QEvent(QEvent.Type.Leave))
    QTest.keyClick(view, Qt.Key.Key_P)
    middle = QPoint(view.viewport().rect().center())
    first = level0(view, middle)
    for _time in range(5):
        QTest.keyClick(view, Qt.Key.Key_Right, ALT | SHIFT)
    QTest.keyClick(view, Qt.Key.Key_Down, ALT)
    move(view, QPoint(3, 3))
    QTest.keyClick(view, Qt.Key.Key_P)

    corner, end = (first[0] + 50, first[1]), (first[0] + 50, first[1] + 1)
    np.testing.assert_array_equal(painted(painting), covered((first, corner), (corner, end)))
    assert [edit.tool for edit in painting.mask.edits()] == ["brush"]


def test_the_pointer_of_the_keys_is_seen_and_takes_the_picture_along(view: SlideView, painting: Any) -> None:
    move(view, QPoint(799, 300))
    before = view.visible_region()
    QTest.keyClick(view, Qt.Key.Key_Right, ALT | SHIFT)

    assert view.visible_region().x == before.x + 10
    assert view.pointer.ring.isVisible()
    assert view.pointer.ring.has_cross
    assert view.viewport().cursor().shape() == Qt.CursorShape.BlankCursor
    move(view, A)
    assert not view.pointer.ring.has_cross


def test_alt_and_p_take_away(view: SlideView, painting: Any) -> None:
    for _time in range(2):
        QTest.keyClick(view, Qt.Key.Key_P, ALT)

    assert painting.strokes == ["eraser"]


def test_a_stroke_of_keys_is_kept_when_the_window_loses_the_keyboard(view: SlideView, painting: Any) -> None:
    QTest.keyClick(view, Qt.Key.Key_P)
    view.clearFocus()

    assert [edit.tool for edit in painting.mask.edits()] == ["brush"]
    assert view.gesture.is_idle


# -- tools that are busy between strokes ---------------------------------------------------------------------------


@pytest.fixture
def outlining(view: SlideView, painting: Any) -> Any:
    view.set_tool(OutlineTool(painting, view))
    for at in (A, B, C):
        QTest.mouseClick(view.viewport(), LEFT, pos=at)
    return painting


@pytest.mark.parametrize("how", ["double click", "enter"])
def test_an_outline_of_clicks_is_closed(view: SlideView, outlining: Any, how: str) -> None:
    assert outlining.strokes == []
    assert view.sketch.preview_item.isVisible()
    if how == "double click":
        QTest.mouseDClick(view.viewport(), LEFT, pos=C)
    else:
        QTest.keyClick(view, Qt.Key.Key_Return)

    assert outlining.strokes == ["outline"]
    assert painted(outlining).sum() == pytest.approx(5000, rel=0.05)


def test_escape_gives_an_outline_up_and_backspace_a_corner(view: SlideView, outlining: Any) -> None:
    QTest.keyClick(view, Qt.Key.Key_Backspace)
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert outlining.strokes == [], "two corners are no outline"

    QTest.mouseClick(view.viewport(), LEFT, pos=C)
    QTest.keyClick(view, Qt.Key.Key_Escape)
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert outlining.strokes == []


def test_another_tool_gives_an_outline_up(view: SlideView, outlining: Any) -> None:
    view.set_tool(BrushTool(outlining))

    assert outlining.strokes == []
    assert not view.sketch.preview_item.isVisible()


def test_picked_cells_are_outlined_until_another_tool_is_taken(view: SlideView, painting: Any) -> None:
    QTest.mouseClick(view.viewport(), LEFT, pos=A)
    operations = PickedCells(painting, view)
    view.set_tool(CellsTool(painting, view, operations))
    QTest.mouseClick(view.viewport(), LEFT, pos=A)
    assert len(operations.picked) == 1

    view.set_tool(BrushTool(painting))

    assert list(operations.picked) == []


def test_a_tool_may_look_closer_when_the_pointer_rests(qtbot: QtBot, view: SlideView, painting: Any) -> None:
    QTest.mouseClick(view.viewport(), LEFT, pos=A)
    view.set_tool(CellsTool(painting, view, PickedCells(painting, view)))
    move(view, A)

    qtbot.waitUntil(view.sketch.preview_item.isVisible)
