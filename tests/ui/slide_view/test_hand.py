"""What the hand can do beside pressing, moving and letting go: keys, wheel and pen, in the middle of a stroke too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QColor,
    QImage,
    QInputDevice,
    QMouseEvent,
    QPointingDevice,
    QPointingDeviceUniqueId,
    QTabletEvent,
    QWheelEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from bcseg_gui.core.geometry import Region
from bcseg_gui.core.tools.brush import stroke_segment
from bcseg_gui.ui.slide_view import SlideView
from bcseg_gui.ui.slide_view.cursors import tool_cursor
from bcseg_gui.ui.slide_view.mask_item import OverlayStyle
from bcseg_gui.ui.tools import BrushTool, CellsTool, EraserTool, OutlineTool, PickedCells, SelectLassoTool

LEFT, MIDDLE, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.NoButton
PLAIN, ALT, SHIFT, CONTROL = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)
A, B, C = QPoint(200, 200), QPoint(300, 200), QPoint(300, 300)


@pytest.fixture
def painting(view: SlideView, make_slide: Any, make_mask: Any, make_canvas: Any) -> Any:
    """The canvas of a white slide of 1600 × 1200 shown at 1:1, the brush in hand, the mask opaque green."""
    view.set_slide(make_slide(1600, 1200, (255, 255, 255)))
    view.actual_pixels()
    mask = make_mask(1600, 1200)
    view.set_mask(mask)
    view.set_overlay(OverlayStyle(opacity=1, visible=True, contour=False, colors={1: QColor(0, 200, 0)}))
    canvas = make_canvas(mask)
    view.set_tool(BrushTool(canvas))
    return canvas


def move(view: SlideView, at: QPoint, held: Qt.MouseButton = NONE, keys: Qt.KeyboardModifier = PLAIN) -> None:
    place = QPointF(at)
    where = QPointF(view.viewport().mapToGlobal(at))
    QApplication.sendEvent(view.viewport(), QMouseEvent(QEvent.Type.MouseMove, place, where, NONE, held, keys))


def wheel(view: SlideView, at: QPoint, keys: Qt.KeyboardModifier = PLAIN, delta: QPoint | None = None) -> None:
    where = QPointF(view.viewport().mapToGlobal(at))
    event = QWheelEvent(
        QPointF(at), where, QPoint(), delta or QPoint(0, 120), NONE, keys, Qt.ScrollPhase.NoScrollPhase, False
    )
    QApplication.sendEvent(view.viewport(), event)


def level0(view: SlideView, at: QPoint) -> tuple[float, float]:
    point = view.to_level0(QPointF(at))
    return (point.x(), point.y())


def covered(*ways: tuple[tuple[float, float], tuple[float, float]], radius: float = 10.0) -> NDArray[np.bool_]:
    """What the brush paints on these ways."""
    result = np.zeros((1200, 1600), bool)
    for start, end in ways:
        region, where = stroke_segment(start, end, radius)
        result[region.y : region.bottom, region.x : region.right] |= where
    return result


def painted(canvas: Any) -> NDArray[np.bool_]:
    return np.asarray(canvas.mask.read(Region(0, 0, 1600, 1200)) & 0x7F > 0)


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
    # As far as it goes: there the pointer leaves the picture behind.
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
    """A field in the same window, which the keyboard can go to."""
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


# -- pens ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def pen(view: SlideView) -> Callable[..., bool]:
    """Sends an event of a pen, and says whether it was taken: what is not comes again as a mouse's."""

    def send(
        kind: QEvent.Type, at: QPoint, pressure: float = 1.0, *, eraser: bool = False, presses: bool = True
    ) -> bool:
        capability = QInputDevice.Capability.Position
        if presses:
            capability |= QInputDevice.Capability.Pressure
        pointer = QPointingDevice.PointerType.Eraser if eraser else QPointingDevice.PointerType.Pen
        device = QPointingDevice(
            "pen", 77, QInputDevice.DeviceType.Stylus, pointer, capability, 1, 2, "", QPointingDeviceUniqueId()
        )
        where = QPointF(view.viewport().mapToGlobal(at))
        button = NONE if kind == QEvent.Type.TabletMove else LEFT
        event = QTabletEvent(kind, device, QPointF(at), where, pressure, 0, 0, 0, 0, 0, PLAIN, button, LEFT)
        QApplication.sendEvent(view.viewport(), event)
        return event.isAccepted()

    return send


def test_a_pens_pressure_is_the_size_of_the_brush(view: SlideView, painting: Any, pen: Callable[..., bool]) -> None:
    painting.settings.brush_radius = 50.0
    assert pen(QEvent.Type.TabletPress, A, 0.0)
    move(view, QPoint(600, 500), LEFT)  # a system that sends the mouse's as well
    assert pen(QEvent.Type.TabletMove, C, 0.5)
    assert pen(QEvent.Type.TabletRelease, C, 0.0)

    first, last = level0(view, A), level0(view, C)
    assert len(painting.mask.edits()) == 1
    expected = covered((first, first), radius=10) | covered((first, last), radius=30)
    np.testing.assert_array_equal(painted(painting), expected)
    assert not pen(QEvent.Type.TabletMove, A, 0.0), "hovering is a mouse's"


def test_the_other_end_of_a_pen_erases(view: SlideView, painting: Any, pen: Callable[..., bool]) -> None:
    assert pen(QEvent.Type.TabletPress, A, 1.0, eraser=True)
    assert pen(QEvent.Type.TabletRelease, A, 0.0, eraser=True)

    assert painting.strokes == ["eraser"]


def test_a_pen_without_pressure_is_a_mouse(view: SlideView, painting: Any, pen: Callable[..., bool]) -> None:
    assert not pen(QEvent.Type.TabletPress, A, presses=False)
    view.set_tool(OutlineTool(painting, view))
    assert not pen(QEvent.Type.TabletPress, A)

    assert painting.strokes == []


# -- the loupe -----------------------------------------------------------------------------------------------------


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
