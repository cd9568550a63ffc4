"""Everything in a view rotated by quarter turns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import Mask
from bcseg_gui.ui.slide_view import SlideView
from bcseg_gui.ui.slide_view.mask_item import OverlayStyle
from bcseg_gui.ui.tools import BrushTool, PanTool

TURNS = [0, 1, 2, 3]
WIDTH, HEIGHT = 3000, 2000
NONE = Qt.MouseButton.NoButton


@pytest.fixture(params=TURNS)
def turned(request: pytest.FixtureRequest, view: SlideView, make_slide: Callable[..., Any]) -> SlideView:
    view.set_slide(make_slide(WIDTH, HEIGHT))
    view.rotate(request.param)
    assert view.rotation == request.param
    return view


def color_of(view: SlideView, x: float, y: float) -> tuple[int, ...]:
    at = view.viewportTransform().map(QPointF(x, y))
    image = view.viewport().grab().toImage()
    return tuple(image.pixelColor(QPoint(int(at.x()), int(at.y()))).getRgb()[:3])  # type: ignore[arg-type]


def test_quarters_are_clockwise_and_add_up(view: SlideView, make_slide: Callable[..., Any]) -> None:
    view.set_slide(make_slide(WIDTH, HEIGHT))
    view.rotate(1)
    right = view.viewportTransform().map(QPointF(WIDTH, 0)) - view.viewportTransform().map(QPointF(0, 0))
    assert right.y() > 0
    assert right.x() == pytest.approx(0)

    view.rotate(-2)
    assert view.rotation == 3
    view.rotate(5)
    assert view.rotation == 0


def test_the_whole_slide_fits(turned: SlideView) -> None:
    assert turned.visible_region() == Region(0, 0, WIDTH, HEIGHT)
    width, height = (HEIGHT, WIDTH) if turned.rotation % 2 else (WIDTH, HEIGHT)
    assert turned.zoom == pytest.approx(0.98 * min(800 / width, 600 / height))


def test_turning_keeps_what_is_in_the_middle(view: SlideView, make_slide: Callable[..., Any]) -> None:
    view.set_slide(make_slide(WIDTH, HEIGHT))
    view.actual_pixels()
    view.center_on(QPointF(1234, 567))
    for _quarter in range(5):
        view.rotate(1)
        middle = view.to_level0(QPointF(400, 300))
        assert (middle.x(), middle.y()) == pytest.approx((1234, 567), abs=5)
        assert view.zoom == pytest.approx(1)


def test_the_slides_own_pixels_are_at_their_place(turned: SlideView, settle: Callable[[], None]) -> None:
    turned.actual_pixels()
    settle()
    pixels = turned.picture.loader.slide.pixels

    for x, y in ((1500, 1000), (1390, 1120), (1611, 905)):
        assert color_of(turned, x + 0.5, y + 0.5) == tuple(pixels[y, x])


def test_the_wheel_zooms_about_the_pointer(turned: SlideView) -> None:
    turned.actual_pixels()
    at = QPointF(610, 127)
    before = turned.to_level0(at)
    for _notch in range(6):
        QApplication.sendEvent(
            turned.viewport(),
            QWheelEvent(
                at,
                QPointF(turned.viewport().mapToGlobal(at.toPoint())),
                QPoint(),
                QPoint(0, 120),
                NONE,
                Qt.KeyboardModifier.NoModifier,
                Qt.ScrollPhase.NoScrollPhase,
                False,
            ),
        )

    after = turned.to_level0(at)
    assert (after.x(), after.y()) == pytest.approx((before.x(), before.y()), abs=0.75)


def test_the_picture_follows_the_hand(turned: SlideView) -> None:
    turned.set_tool(PanTool())
    turned.actual_pixels()
    before = turned.to_level0(QPointF(300, 300))
    QTest.mousePress(turned.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(300, 300))
    for at in (QPoint(320, 290), QPoint(350, 250)):
        place = QPointF(at)
        QApplication.sendEvent(
            turned.viewport(),
            QMouseEvent(
                QEvent.Type.MouseMove,
                place,
                QPointF(turned.viewport().mapToGlobal(at)),
                NONE,
                Qt.MouseButton.LeftButton,
                Qt.KeyboardModifier.NoModifier,
            ),
        )
    QTest.mouseRelease(turned.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(350, 250))

    after = turned.to_level0(QPointF(350, 250))
    assert (after.x(), after.y()) == pytest.approx((before.x(), before.y()))


def test_no_side_can_be_lost_from_sight(turned: SlideView) -> None:
    turned.actual_pixels()
    for dx, dy in ((-1, -1), (1, 1), (1, -1), (-1, 1)):
        for _time in range(20):
            turned.pan_by(700 * dx, 500 * dy)
        assert turned.visible_region().area == 400 * 300


@pytest.mark.parametrize("zoom", [0.2, 1, 2.6])
def test_the_mask_lies_on_its_cells(
    turned: SlideView, settle: Callable[[], None], make_mask: Callable[..., Mask], zoom: float
) -> None:
    mask = make_mask(WIDTH, HEIGHT)
    square = Region(1450, 960, 130, 70)
    edit = mask.begin("brush", class_id=1)
    edit.paint(square, np.ones((square.h, square.w), bool), 1)
    edit.commit()
    turned.set_mask(mask)
    turned.set_overlay(OverlayStyle(opacity=1, visible=True, contour=False, colors={1: QColor(0, 200, 0)}))
    turned.zoom_by(zoom / turned.zoom)
    settle()

    for x, y, inside in (
        (1458, 968, 1),
        (1572, 1022, 1),
        (1438, 995, 0),
        (1592, 995, 0),
        (1515, 948, 0),
        (1515, 1042, 0),
    ):
        assert (color_of(turned, x, y) == (0, 200, 0)) == bool(inside), (x, y)


def test_a_stroke_is_where_the_pointer_is(
    turned: SlideView, make_mask: Callable[..., Mask], make_canvas: Callable[[Mask], Any]
) -> None:
    mask = make_mask(WIDTH, HEIGHT)
    turned.set_tool(BrushTool(make_canvas(mask)))
    turned.actual_pixels()
    at = QPoint(423, 156)
    place = turned.to_level0(QPointF(at))

    QTest.mouseClick(turned.viewport(), Qt.MouseButton.LeftButton, pos=at)

    painted = np.argwhere(mask.read(Region(0, 0, WIDTH, HEIGHT)))
    assert painted.mean(axis=0)[::-1] + 0.5 == pytest.approx((place.x(), place.y()), abs=0.6)


def test_the_overview_is_turned_as_well(turned: SlideView) -> None:
    turned.zoom_by(6)
    minimap = turned.corners.minimap
    assert (minimap.rect.width() > minimap.rect.height()) == (turned.rotation % 2 == 0)

    corner = turned.viewportTransform().map(QPointF(0, 0))
    middle = turned.viewportTransform().map(QPointF(WIDTH / 2, HEIGHT / 2))
    toward = QPointF(minimap.rect.center()) + QPointF(
        np.sign(corner.x() - middle.x()) * minimap.rect.width() * 0.3,
        np.sign(corner.y() - middle.y()) * minimap.rect.height() * 0.3,
    )
    QTest.mouseClick(turned.viewport(), Qt.MouseButton.LeftButton, pos=toward.toPoint())

    seen = turned.visible_region()
    center = QRectF(seen.x, seen.y, seen.w, seen.h).center()
    assert center.x() == pytest.approx(0.2 * WIDTH, abs=70)
    assert center.y() == pytest.approx(0.2 * HEIGHT, abs=70)
