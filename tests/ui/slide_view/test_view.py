from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QNativeGestureEvent, QPointingDevice, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMainWindow
from pytestqt.qtbot import QtBot

from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import MANUAL, Mask
from bcseg_gui.core.tools.brush import stroke_segment
from bcseg_gui.session.tool_settings import ToolSettings
from bcseg_gui.ui.slide_view import SlideView
from bcseg_gui.ui.slide_view.mask_item import OverlayStyle
from bcseg_gui.ui.tools import BrushTool, EraserTool, PanTool

LEFT, MIDDLE, RIGHT, NONE = (
    Qt.MouseButton.LeftButton,
    Qt.MouseButton.MiddleButton,
    Qt.MouseButton.RightButton,
    Qt.MouseButton.NoButton,
)


def wheel(view: SlideView, at: QPoint, delta: int = 120, keys: Qt.KeyboardModifier | None = None) -> None:
    event = QWheelEvent(
        QPointF(at),
        QPointF(view.viewport().mapToGlobal(at)),
        QPoint(),
        QPoint(0, delta),
        NONE,
        keys or Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view.viewport(), event)


def move(view: SlideView, at: QPoint, held: Qt.MouseButton = NONE) -> None:
    """Unlike QTest.mouseMove, this holds the button of a drag."""
    place = QPointF(at)
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        place,
        QPointF(view.viewport().mapToGlobal(at)),
        NONE,
        held,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(view.viewport(), event)


def drag(view: SlideView, *way: QPoint, button: Qt.MouseButton = LEFT) -> None:
    QTest.mousePress(view.viewport(), button, pos=way[0])
    for at in way[1:]:
        move(view, at, button)
    QTest.mouseRelease(view.viewport(), button, pos=way[-1])


def level0(view: SlideView, at: QPoint) -> tuple[float, float]:
    point = view.to_level0(QPointF(at))
    return (point.x(), point.y())


def color_at(view: SlideView, at: QPoint) -> tuple[int, ...]:
    image = view.viewport().grab().toImage()
    assert image.devicePixelRatio() == 1
    return tuple(image.pixelColor(at).getRgb()[:3])  # type: ignore[arg-type]


def sharp(qtbot: QtBot, view: SlideView, slide: Any, at: QPoint) -> None:
    """Wait until the tile at a place is on screen."""
    x, y = (int(v) for v in level0(view, at))
    expected = tuple(int(v) for v in slide.pixels[y, x])
    qtbot.waitUntil(lambda: color_at(view, at) == expected)


# -- navigation --------------------------------------------------------------------------------------------------


def test_a_new_slide_is_shown_whole(view: SlideView, make_slide: Callable[..., Any]) -> None:
    view.set_slide(make_slide(1600, 1200))

    assert view.visible_region() == Region(0, 0, 1600, 1200)
    assert view.zoom == pytest.approx(0.98 * 0.5)


@pytest.mark.parametrize("turns", [0, 1])
def test_a_spot_is_shown_as_large_as_it_fits_and_outlined_until_escape(
    view: SlideView, make_slide: Callable[..., Any], turns: int
) -> None:
    view.set_slide(make_slide(2000, 1500))
    view.rotate(turns)
    spot = Region(1200, 300, 200, 100)
    view.show_spot(spot)
    shown = view.visible_region()
    assert spot.intersected(shown) == spot
    assert min(shown.w / spot.w, shown.h / spot.h) < 1.1
    assert abs(shown.x + shown.w / 2 - 1300) < 3
    assert view.sketch.spot_item.isVisible()
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert not view.sketch.spot_item.isVisible()
    view.show_spot(spot)
    view.set_slide(make_slide(2000, 1500))
    assert not view.sketch.spot_item.isVisible()


def test_a_spot_larger_than_the_view_of_all_shows_all(view: SlideView, make_slide: Callable[..., Any]) -> None:
    view.set_slide(make_slide(400, 300))
    whole = view.visible_region()
    view.show_spot(Region(0, 0, 400, 300))
    assert view.visible_region() == whole


def test_it_stays_whole_when_the_window_grows_until_the_person_zooms(
    qtbot: QtBot, view: SlideView, make_slide: Callable[..., Any]
) -> None:
    view.set_slide(make_slide(1600, 1200))
    view.resize(1000, 750)
    qtbot.waitUntil(lambda: view.zoom == pytest.approx(0.98 * 0.625))

    view.actual_pixels()
    middle = level0(view, QPoint(500, 375))
    view.resize(800, 600)
    qtbot.waitUntil(lambda: view.viewport().width() == 800)

    assert view.zoom == pytest.approx(1)
    assert level0(view, QPoint(400, 300)) == pytest.approx(middle, abs=1.5)


@pytest.mark.parametrize("delta", [120, -120, 30, 8])
def test_the_wheel_zooms_about_the_pointer(view: SlideView, make_slide: Callable[..., Any], delta: int) -> None:
    view.set_slide(make_slide(8000, 6000))
    view.actual_pixels()
    at = QPoint(610, 127)
    before, zoom = level0(view, at), view.zoom

    for _notch in range(12):
        wheel(view, at, delta)

    assert view.zoom == pytest.approx(zoom * 1.25 ** (12 * delta / 120))
    # Half a screen pixel after any number of turns: rounding to whole pixels must not add up.
    assert level0(view, at) == pytest.approx(before, abs=0.75 / view.zoom)


def test_pinching_zooms_about_the_fingers(view: SlideView, make_slide: Callable[..., Any]) -> None:
    view.set_slide(make_slide(8000, 6000))
    view.actual_pixels()
    place = QPointF(200, 150)
    before = view.to_level0(place)

    pinch = QNativeGestureEvent(
        Qt.NativeGestureType.ZoomNativeGesture,
        QPointingDevice.primaryPointingDevice(),
        2,
        place,
        place,
        place,
        0.5,
        QPointF(),
    )
    QApplication.sendEvent(view.viewport(), pinch)

    assert view.zoom == pytest.approx(1.5)
    assert view.to_level0(place).x() == pytest.approx(before.x(), abs=0.5)


def test_it_tells_when_another_part_comes_into_view(view: SlideView, make_slide: Callable[..., Any]) -> None:
    view.set_slide(make_slide(8000, 6000))
    view.actual_pixels()
    seen: list[Region] = []
    view.viewMoved.connect(lambda: seen.append(view.visible_region()))

    drag(view, QPoint(200, 150), QPoint(180, 150))
    assert seen[-1] == view.visible_region()
    view.zoom_by(2)
    assert seen[-1] == view.visible_region()
    view.resize(view.width() - 50, view.height())
    assert seen[-1] == view.visible_region()


def test_zoom_has_ends(view: SlideView, make_slide: Callable[..., Any]) -> None:
    view.set_slide(make_slide(1600, 1200))
    zooms: list[float] = []
    view.zoomChanged.connect(zooms.append)

    view.zoom_by(1e9)
    view.zoom_by(1e-9)
    view.zoom_by(1e-9)

    assert zooms == pytest.approx([64, 0.245])


def test_actual_pixels_are_the_slides_own(qtbot: QtBot, view: SlideView, make_slide: Callable[..., Any]) -> None:
    slide = make_slide(3000, 2000)
    view.set_slide(slide)
    view.actual_pixels()

    at = QPoint(100, 100)
    sharp(qtbot, view, slide, at)
    x, y = (int(v) for v in level0(view, at))
    image = view.viewport().grab().toImage()
    shown = [image.pixelColor(100 + i, 100).getRgb()[:3] for i in range(50)]
    assert shown == [tuple(int(v) for v in slide.pixels[y, x + i]) for i in range(50)]


def test_outside_the_slide_is_neutral_grey(view: SlideView, make_slide: Callable[..., Any]) -> None:
    view.set_slide(make_slide(400, 1200, (255, 255, 255)))

    red, green, blue = color_at(view, QPoint(5, 300))

    assert red == green == blue


@pytest.mark.parametrize("how", ["pan tool", "space", "middle button"])
def test_dragging_moves_the_picture(
    view: SlideView, make_slide: Callable[..., Any], make_mask: Callable[..., Mask], make_canvas: Any, how: str
) -> None:
    view.set_slide(make_slide(4000, 3000))
    view.actual_pixels()
    canvas = make_canvas(make_mask(4000, 3000))
    view.set_tool(PanTool() if how == "pan tool" else BrushTool(canvas))
    before = level0(view, QPoint(300, 300))

    if how == "space":
        QTest.keyPress(view, Qt.Key.Key_Space)
        assert view.viewport().cursor().shape() == Qt.CursorShape.OpenHandCursor
    drag(view, QPoint(300, 300), QPoint(320, 310), QPoint(370, 280), button=MIDDLE if how == "middle button" else LEFT)

    assert level0(view, QPoint(370, 280)) == pytest.approx(before)
    assert canvas.strokes == []
    if how == "space":
        QTest.keyRelease(view, Qt.Key.Key_Space)
        drag(view, QPoint(300, 300), QPoint(320, 310))
        assert canvas.strokes == ["brush"]


def test_space_is_let_go_when_the_window_loses_it(view: SlideView, make_slide: Callable[..., Any]) -> None:
    view.set_slide(make_slide())
    view.set_tool(BrushTool(_Nothing()))
    QTest.keyPress(view, Qt.Key.Key_Space)
    assert view.viewport().cursor().shape() == Qt.CursorShape.OpenHandCursor

    view.clearFocus()

    assert view.viewport().cursor().shape() != Qt.CursorShape.OpenHandCursor


def test_the_slide_cannot_be_lost_from_sight(view: SlideView, make_slide: Callable[..., Any]) -> None:
    view.set_slide(make_slide(4000, 3000))
    view.actual_pixels()

    for _time in range(20):
        drag(view, QPoint(10, 10), QPoint(790, 590))

    assert view.visible_region() == Region(0, 0, 400, 300)


def test_the_pointers_pixel_is_emitted(view: SlideView, make_slide: Callable[..., Any]) -> None:
    view.set_slide(make_slide(400, 300, (9, 9, 9)))
    view.actual_pixels()
    emitted: list[object] = []
    view.cursorMoved.connect(emitted.append)

    move(view, QPoint(200, 150))
    move(view, QPoint(201, 150))
    move(view, QPoint(2, 2))

    assert emitted == [(0, 0), (1, 0), None]


# -- tiles -------------------------------------------------------------------------------------------------------


def test_a_coarser_picture_stands_in_for_missing_tiles(
    qtbot: QtBot, view: SlideView, make_slide: Callable[..., Any]
) -> None:
    slide = make_slide(4000, 3000, (250, 40, 90))
    view.set_slide(slide)
    qtbot.waitUntil(lambda: color_at(view, QPoint(400, 300)) == (250, 40, 90))
    slide.gate.clear()

    view.actual_pixels()

    assert color_at(view, QPoint(400, 300)) == (250, 40, 90)
    slide.gate.set()


def test_another_slide_never_shows_tiles_of_the_one_before(
    qtbot: QtBot, view: SlideView, make_slide: Callable[..., Any]
) -> None:
    first, second = make_slide(1600, 1200, (255, 0, 0)), make_slide(1600, 1200, (0, 0, 255))
    first.gate.clear()
    view.set_slide(first)
    qtbot.waitUntil(lambda: first.reading > 0)
    first.gate.set()

    view.set_slide(second)
    assert first.reading == 0
    qtbot.waitUntil(lambda: color_at(view, QPoint(400, 300)) == (0, 0, 255))

    reads = len(first.reads)
    view.zoom_by(3)
    qtbot.waitUntil(lambda: color_at(view, QPoint(400, 300)) == (0, 0, 255))
    assert len(first.reads) == reads


def test_closing_the_window_while_tiles_load_leaves_no_thread_reading(
    qtbot: QtBot, make_slide: Callable[..., Any]
) -> None:
    window, view = QMainWindow(), SlideView()
    window.setCentralWidget(view)
    qtbot.addWidget(window)
    window.resize(900, 700)
    slide = make_slide(6000, 5000)
    view.set_slide(slide)
    view.actual_pixels()
    with qtbot.waitExposed(window):
        window.show()
    qtbot.waitUntil(lambda: len(slide.reads) > 0)

    window.close()
    reads = len(slide.reads)
    QTest.qWait(1)

    assert slide.reading == 0
    assert len(slide.reads) == reads


def test_shown_again_it_reads_what_hiding_dropped(
    qtbot: QtBot, view: SlideView, make_slide: Callable[..., Any]
) -> None:
    view.hide()
    view.set_slide(make_slide(800, 600, (1, 2, 3)))
    view.show()

    qtbot.waitUntil(lambda: color_at(view, QPoint(400, 300)) == (1, 2, 3))


def test_a_slide_that_cannot_be_read_is_reported(qtbot: QtBot, view: SlideView, make_slide: Callable[..., Any]) -> None:
    slide = make_slide()
    slide.broken = True

    with qtbot.waitSignal(view.readFailed) as emitted:
        view.set_slide(slide)

    assert str(emitted.args[0]) == "“gated” cannot be read."


# -- tools -------------------------------------------------------------------------------------------------------


class _Nothing:
    def __init__(self) -> None:
        self.settings = ToolSettings()
        self.settings.set_brush_radius(10.0)

    def begin_stroke(self, tool: str, class_id: int) -> None: ...
    def paint(self, region: Region, where: np.ndarray) -> None: ...
    def end_stroke(self) -> None: ...
    def abort_stroke(self) -> None: ...


@pytest.fixture
def painting(qtbot: QtBot, view: SlideView, make_slide: Any, make_mask: Any, make_canvas: Any) -> Any:
    """The canvas of a white slide of 1600 × 1200 shown at 1:1, the brush in hand, the mask opaque green."""
    view.set_slide(make_slide(1600, 1200, (255, 255, 255)))
    view.actual_pixels()
    qtbot.waitUntil(lambda: color_at(view, QPoint(250, 200)) == (255, 255, 255))
    mask = make_mask(1600, 1200)
    view.set_mask(mask)
    view.set_overlay(OverlayStyle(opacity=1, visible=True, contour=False, colors={1: QColor(0, 200, 0)}))
    canvas = make_canvas(mask)
    view.set_tool(BrushTool(canvas))
    return canvas


def capsules(view: SlideView, way: list[QPoint], radius: float) -> np.ndarray:
    expected = np.zeros((1200, 1600), bool)
    for start, end in zip([way[0], *way[:-1]], way, strict=True):
        region, where = stroke_segment(level0(view, start), level0(view, end), radius)
        expected[region.y : region.bottom, region.x : region.right] |= where
    return expected


@pytest.mark.parametrize("zoom", [0.7, 1, 5])
def test_a_stroke_paints_the_brushes_way_and_nothing_else(view: SlideView, painting: Any, zoom: float) -> None:
    view.zoom_by(zoom)
    way = [QPoint(200, 200), QPoint(260, 210), QPoint(300, 300), QPoint(180, 320)]

    drag(view, *way)

    expected = np.where(capsules(view, way, 10), MANUAL | 1, 0)
    np.testing.assert_array_equal(painting.mask.read(Region(0, 0, 1600, 1200)), expected)
    assert [edit.tool for edit in painting.mask.edits()] == ["brush"]


def test_a_click_is_a_dab_and_two_quick_ones_are_two(view: SlideView, painting: Any) -> None:
    at = QPoint(200, 200)

    QTest.mouseClick(view.viewport(), LEFT, pos=at)
    QTest.mouseDClick(view.viewport(), LEFT, pos=at)

    assert (painting.mask.read(Region(0, 0, 1600, 1200)) > 0).sum() == capsules(view, [at], 10).sum()
    assert len(painting.strokes) >= 2


@pytest.mark.parametrize("how", ["eraser", "right button"])
def test_erasing_paints_background_by_hand(view: SlideView, painting: Any, how: str) -> None:
    drag(view, QPoint(200, 200), QPoint(300, 200))
    if how == "eraser":
        view.set_tool(EraserTool(painting))

    drag(view, QPoint(250, 100), QPoint(250, 300), button=RIGHT if how == "right button" else LEFT)

    x, y = (int(v) for v in level0(view, QPoint(250, 200)))
    assert painting.mask.read(Region(x, y, 1, 1)).item() == MANUAL
    assert painting.strokes == ["brush", "eraser"]


def test_escape_takes_the_stroke_back(qtbot: QtBot, view: SlideView, painting: Any) -> None:
    QTest.mousePress(view.viewport(), LEFT, pos=QPoint(200, 200))
    move(view, QPoint(300, 200), LEFT)
    qtbot.waitUntil(lambda: color_at(view, QPoint(250, 200)) == (0, 200, 0))

    QTest.keyClick(view, Qt.Key.Key_Escape)
    move(view, QPoint(300, 300), LEFT)
    QTest.mouseRelease(view.viewport(), LEFT, pos=QPoint(300, 300))

    assert not painting.mask.read(Region(0, 0, 1600, 1200)).any()
    assert painting.mask.edits() == []
    qtbot.waitUntil(lambda: color_at(view, QPoint(250, 200)) == (255, 255, 255))


def test_another_tool_in_hand_keeps_the_stroke_begun(view: SlideView, painting: Any) -> None:
    QTest.mousePress(view.viewport(), LEFT, pos=QPoint(200, 200))

    view.set_tool(PanTool())

    assert [edit.tool for edit in painting.mask.edits()] == ["brush"]


def test_control_and_wheel_size_the_brush_not_the_picture(view: SlideView, painting: Any) -> None:
    zoom = view.zoom
    wheel(view, QPoint(200, 200), 120, Qt.KeyboardModifier.ControlModifier)
    larger = painting.settings.brush_radius
    wheel(view, QPoint(200, 200), -120, Qt.KeyboardModifier.ControlModifier)

    assert larger > 10
    assert painting.settings.brush_radius == pytest.approx(10)
    assert view.zoom == zoom


@pytest.mark.parametrize("color", [(255, 255, 255), (0, 0, 0), (119, 119, 119)])
def test_the_ring_has_the_brushes_size_and_shows_on_any_picture(
    qtbot: QtBot, view: SlideView, painting: Any, make_slide: Any, color: tuple[int, int, int]
) -> None:
    view.set_slide(make_slide(1600, 1200, color))
    view.zoom_by(2 / view.zoom)
    qtbot.waitUntil(lambda: color_at(view, QPoint(400, 300)) == color)

    move(view, QPoint(400, 300))

    image = view.viewport().grab().toImage()
    around = [image.pixelColor(400 + x, 300).lightness() for x in range(14, 27)]
    assert max(around) - min(around) > 120
    assert color_at(view, QPoint(405, 300)) == color
    assert color_at(view, QPoint(430, 300)) == color
    assert view.viewport().cursor().shape() == Qt.CursorShape.BlankCursor

    painting.settings.set_brush_radius(50)
    view.update_tool_size()
    assert color_at(view, QPoint(420, 300)) == color
    painting.settings.set_brush_radius(1)
    view.update_tool_size()
    assert view.viewport().cursor().shape() == Qt.CursorShape.BitmapCursor, "too small a ring to be seen"

    QApplication.sendEvent(view, QEvent(QEvent.Type.Leave))
    assert color_at(view, QPoint(402, 300)) == color


def test_the_ring_shows_the_class_in_hand_unless_it_takes_away(view: SlideView, painting: Any) -> None:
    red = QColor(200, 0, 0)
    move(view, QPoint(400, 300))

    def reds() -> int:
        image = view.viewport().grab().toImage()
        along = [image.pixelColor(400 + x, 300) for x in range(14, 27)]
        return sum(pixel.red() - pixel.green() > 100 for pixel in along)

    painting.settings.set_brush_radius(20 / view.zoom)
    view.update_tool_size()
    assert reds() == 0
    view.set_class_color(red)
    assert reds() >= 1
    QTest.keyPress(view, Qt.Key.Key_Alt)
    assert reds() == 0
    QTest.keyRelease(view, Qt.Key.Key_Alt)
    view.set_class_color(None)
    assert reds() == 0


def test_painting_while_the_mask_is_hidden_is_reported_once(view: SlideView, painting: Any) -> None:
    emitted: list[bool] = []
    view.paintedUnseen.connect(lambda: emitted.append(True))
    style = OverlayStyle(opacity=1, visible=True, contour=False, colors={1: QColor(0, 200, 0)})

    def dab() -> None:
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(400, 300))

    dab()
    assert emitted == []
    view.set_overlay(replace(style, visible=False))
    dab()
    dab()
    assert emitted == [True]
    view.set_overlay(style)
    view.set_overlay(replace(style, visible=False))
    dab()
    assert emitted == [True, True]


def test_without_a_slide_nothing_can_be_painted(view: SlideView, make_mask: Any, make_canvas: Any) -> None:
    canvas = make_canvas(make_mask(10, 10))
    view.set_tool(BrushTool(canvas))

    drag(view, QPoint(200, 200), QPoint(300, 200))
    wheel(view, QPoint(200, 200))

    assert canvas.strokes == []
    assert view.visible_region().is_empty
