"""Look, overview, scale bar, selection, keys, and tiles that cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import Mask
from bcseg_gui.core.slides.look import Look
from bcseg_gui.ui.slide_view import SlideView
from bcseg_gui.ui.slide_view.gesture import Phase
from bcseg_gui.ui.slide_view.mask_item import OverlayStyle
from bcseg_gui.ui.tools import SelectRectangleTool

Settle = Callable[[], None]
CORNERS = ((1000, 1000), (1200, 1000), (1200, 1150), (1000, 1150))


def screen(view: SlideView) -> np.ndarray:
    """RGB (h, w, 3)."""
    image = view.viewport().grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)[..., 2::-1].copy()


def on_screen(view: SlideView) -> np.ndarray:
    """Like `screen`, but what the window shows right now, painted bit by bit."""
    image = view.screen().grabWindow(view.winId()).toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)[..., 2::-1].copy()


def test_a_look_changes_what_is_shown_and_not_the_pixel_value(
    view: SlideView, make_slide: Callable[..., Any], settle: Settle
) -> None:
    slide, look = make_slide(1600, 1200, (180, 120, 60)), Look(brightness=0.1, white=(220, 210, 250))
    view.set_slide(slide)
    settle()
    reads = len(slide.reads)

    view.set_look(look)
    settle()

    assert tuple(screen(view)[300, 400]) == tuple(look.apply(np.full((1, 1, 3), (180, 120, 60), np.uint8))[0, 0])
    assert view.pixel_value(800, 600) == (180, 120, 60)
    assert len(slide.reads) == reads
    assert view.pixel_value(-1, 5) is None
    assert view.pixel_value(1600, 5) is None


def test_the_overview_hides_when_it_says_nothing(view: SlideView, make_slide: Callable[..., Any]) -> None:
    view.set_slide(make_slide(3000, 2000))
    assert view.corners.minimap not in view.corners.shown
    view.actual_pixels()
    assert view.corners.minimap in view.corners.shown

    view.show_minimap(False)
    assert view.corners.minimap not in view.corners.shown


def test_dragging_on_the_overview_looks_elsewhere_and_paints_nothing(
    view: SlideView, make_slide: Callable[..., Any], make_mask: Callable[..., Mask], make_canvas: Any
) -> None:
    view.set_slide(make_slide(3000, 2000))
    canvas = make_canvas(make_mask(3000, 2000))
    view.set_tool(SelectRectangleTool(view))
    view.actual_pixels()
    rect = view.corners.minimap.rect

    QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=rect.center())
    QTest.mouseMove(view.viewport(), rect.topLeft() - QPoint(5, 5))
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=rect.topLeft() - QPoint(5, 5))

    assert (view.visible_region().x, view.visible_region().y) == (0, 0)
    assert view.selection == ()
    assert canvas.strokes == []


@pytest.mark.parametrize("way", [[(17, 9)], [(-40, 3), (12, -60)], [(0, 200), (150, 0), (-7, -7)]])
def test_panning_leaves_no_trace(
    qtbot: QtBot, view: SlideView, make_slide: Callable[..., Any], settle: Settle, way: list[tuple[int, int]]
) -> None:
    view.set_slide(make_slide(6000, 5000))
    view.set_empty_regions([Region(2000, 1500, 1200, 1100)])
    view.set_selection(((2800, 2400), (3100, 2420), (2950, 2700)))
    view.actual_pixels()
    settle()

    for dx, dy in way:
        view.pan_by(dx, dy)
    settle()

    np.testing.assert_array_equal(on_screen(view), screen(view))


def test_the_scale_bar_counts_pixels_until_the_scale_is_known(view: SlideView, make_slide: Callable[..., Any]) -> None:
    view.set_slide(make_slide(3000, 2000))
    view.actual_pixels()
    assert view.corners.scale_bar.text == "100 px"

    view.set_mpp(0.25)

    assert view.corners.scale_bar.text == "20 µm"
    assert view.viewport().rect().contains(view.corners.scale_bar.rect)


def test_a_selection_is_drawn_emitted_and_cleared_by_escape(
    qtbot: QtBot, view: SlideView, make_slide: Callable[..., Any], settle: Settle
) -> None:
    view.set_slide(make_slide(3000, 2000, (128, 128, 128)))
    view.set_tool(SelectRectangleTool(view))
    view.actual_pixels()
    view.center_on(QPointF(1100, 1075))
    settle()
    before = screen(view)
    emitted: list[object] = []
    view.selectionChanged.connect(emitted.append)
    start, end = (view.viewportTransform().map(QPointF(*corner)).toPoint() for corner in (CORNERS[0], CORNERS[2]))

    QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(view.viewport(), end)
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=end)

    assert view.selection == CORNERS
    drawn = screen(view)[start.y() - 4 : start.y() + 5, (start.x() + end.x()) // 2].astype(int).mean(axis=1)
    assert drawn.max() > 180
    assert drawn.min() < 90
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert view.selection == ()
    assert emitted == [CORNERS, ()]
    QTest.mouseMove(view.viewport(), QPoint(5, 5))
    np.testing.assert_array_equal(screen(view), before)


def test_a_selection_stays_within_the_slide_and_has_an_area(view: SlideView, make_slide: Callable[..., Any]) -> None:
    view.set_slide(make_slide(300, 200))

    view.set_selection([(-50, -50), (500, -50), (500, 100), (-50, 100)])
    assert view.selection == ((0, 0), (300, 0), (300, 100), (0, 100))
    view.set_selection([(10, 10), (10, 90), (10, 40)])
    assert view.selection == ()


@pytest.mark.parametrize(
    ("key", "shift", "way"),
    [
        (Qt.Key.Key_Right, False, (80, 0)),
        (Qt.Key.Key_Left, False, (-80, 0)),
        (Qt.Key.Key_Down, True, (0, 540)),
        (Qt.Key.Key_Up, True, (0, -540)),
    ],
)
def test_arrows_pan_and_with_shift_by_a_page(
    view: SlideView, make_slide: Callable[..., Any], key: Qt.Key, shift: bool, way: tuple[int, int]
) -> None:
    view.set_slide(make_slide(6000, 5000))
    view.actual_pixels()
    before = view.to_level0(QPointF(0, 0))

    QTest.keyClick(view, key, Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier)

    after = view.to_level0(QPointF(0, 0)) - before
    assert (after.x(), after.y()) == pytest.approx(way)
    QTest.keyClick(view, Qt.Key.Key_Home)
    assert view.visible_region() == Region(0, 0, 6000, 5000)


def test_a_tile_that_cannot_be_read_is_marked_and_shown_when_it_can_be(
    qtbot: QtBot, view: SlideView, make_slide: Callable[..., Any], settle: Settle
) -> None:
    slide = make_slide(3000, 2000, (200, 180, 190))
    view.set_slide(slide)
    settle()
    slide.damaged_from, slide.damaged_to = 1024, 1536
    with qtbot.waitSignal(view.readFailed):
        view.actual_pixels()
    qtbot.waitUntil(lambda: view.picture.is_settled)

    damaged = view.viewportTransform().map(QPointF(1300, 1000)).toPoint()
    around = screen(view)[damaged.y() - 20 : damaged.y() + 20, damaged.x() - 20 : damaged.x() + 20]
    assert len(np.unique(around.reshape(-1, 3), axis=0)) > 3
    assert tuple(screen(view)[300, 600]) == (200, 180, 190)

    slide.damaged_to = 0
    assert view.picture.loader is not None
    with qtbot.waitSignal(view.readRecovered):
        view.picture.loader.retry_timer.timeout.emit()
    settle()
    assert tuple(screen(view)[damaged.y(), damaged.x()]) == (200, 180, 190)


def test_until_the_first_tile_is_here_there_is_grey(
    qtbot: QtBot, view: SlideView, make_slide: Callable[..., Any], settle: Settle
) -> None:
    slide = make_slide(3000, 2000, (200, 180, 190))
    slide.gate.clear()
    view.set_slide(slide)
    assert tuple(screen(view)[300, 400]) == (119, 119, 119)

    slide.gate.set()
    settle()
    assert tuple(screen(view)[300, 400]) == (200, 180, 190)


def test_what_was_painted_quickly_is_painted_well_at_rest(
    view: SlideView, make_slide: Callable[..., Any], settle: Settle
) -> None:
    view.resize(1500, 900)
    view.set_slide(make_slide(6000, 5000))
    view.actual_pixels()
    settle()
    view.zoom_by(0.8)
    moving = screen(view)
    view.pan_by(30, 20)
    settle()
    view.pan_by(-30, -20)
    settle()

    assert (moving != on_screen(view)).mean() > 0.02
    np.testing.assert_array_equal(on_screen(view), screen(view))


@pytest.mark.parametrize(("zoom", "outlined"), [(0.1, False), (1, True)])
def test_cells_of_a_few_pixels_are_not_outlined(
    view: SlideView,
    make_slide: Callable[..., Any],
    make_mask: Callable[..., Mask],
    settle: Settle,
    zoom: float,
    outlined: bool,
) -> None:
    view.set_slide(make_slide(3000, 2000, (255, 255, 255)))
    mask = make_mask(3000, 2000)
    edit = mask.begin("brush", class_id=1)
    edit.paint(Region(1480, 980, 40, 40), np.ones((40, 40), bool), 1)
    edit.commit()
    view.set_mask(mask)
    view.set_overlay(OverlayStyle(opacity=0.3, visible=True, contour=False, colors={1: QColor(0, 0, 0)}))
    view.zoom_by(zoom / view.zoom)
    settle()

    shades = np.unique(screen(view)[280:320, 380:420])

    assert (shades.min() < 80) == outlined
    assert len(shades) == (3 if outlined else 2)


def test_predicted_tiles_are_repainted_together_and_a_stroke_at_once(
    view: SlideView, make_slide: Callable[..., Any], make_mask: Callable[..., Mask], monkeypatch: pytest.MonkeyPatch
) -> None:
    view.set_slide(make_slide(3000, 2000))
    view.set_mask(make_mask(3000, 2000))
    repainted: list[Region] = []
    monkeypatch.setattr(view.mask_layer.item, "changed", lambda region, _scale: repainted.append(region))

    for x in (0, 512, 1024):
        view.mask_changed(Region(x, 0, 512, 512))
    assert repainted == [Region(0, 0, 512, 512)]
    view.mask_layer.flush()
    assert repainted[1:] == [Region(512, 0, 1024, 512)]

    view.gesture.phase = Phase.STROKE
    for x in (5, 6, 7):
        view.mask_changed(Region(x, 0, 9, 9))
    assert repainted[2:] == [Region(x, 0, 9, 9) for x in (5, 6, 7)]
    view.gesture.phase = Phase.IDLE
