from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region, TileKey
from bcseg_gui.core.masks import MANUAL, Mask
from bcseg_gui.ui.slide_view import SlideView
from bcseg_gui.ui.slide_view.mask_item import OverlayStyle

WIDTH, HEIGHT = 1600, 1200
GREEN, RED = QColor(0, 200, 0), QColor(220, 0, 0)
SQUARE = Region(700, 500, 200, 150)

Settle = Callable[[], None]


@pytest.fixture
def mask(view: SlideView, make_slide: Any, make_mask: Any) -> Mask:
    """Shown on a white slide: one square of class 1."""
    view.set_slide(make_slide(WIDTH, HEIGHT, (255, 255, 255)))
    mask: Mask = make_mask(WIDTH, HEIGHT)
    put(mask, SQUARE, 1)
    view.set_mask(mask)
    return mask


def put(mask: Mask, region: Region, class_id: int) -> None:
    edit = mask.begin("brush", class_id=class_id)
    edit.paint(region, np.ones((region.h, region.w), bool), class_id)
    edit.commit()


def style(view: SlideView, opacity: float = 1, visible: bool = True, contour: bool = False) -> None:
    view.set_overlay(OverlayStyle(opacity=opacity, visible=visible, contour=contour, colors={1: GREEN, 2: RED}))


def shown(view: SlideView) -> QImage:
    return view.viewport().grab().toImage()


def color_of(view: SlideView, x: float, y: float) -> tuple[int, ...]:
    """Return the screen colour of a level-0 point."""
    at = view.viewportTransform().map(QPointF(x, y))
    return tuple(shown(view).pixelColor(QPoint(int(at.x()), int(at.y()))).getRgb()[:3])  # type: ignore[arg-type]


def green(view: SlideView) -> np.ndarray:
    """Return where the screen has the colour of class 1."""
    image = shown(view).convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    return np.asarray((pixels[..., :3] == (0, 200, 0)).all(axis=2))


def test_manual_pixels_look_like_predicted_ones() -> None:
    table = OverlayStyle(0.5, colors={1: GREEN, 2: RED}).fill_table()

    assert table[1] == table[MANUAL | 1] != table[2] == table[MANUAL | 2]
    assert table[0] == table[MANUAL] == 0


def test_cells_without_a_class_of_their_own_are_seen(settle: Settle, view: SlideView, mask: Mask) -> None:
    put(mask, SQUARE, 77)
    style(view)
    settle()

    assert color_of(view, 800, 575) == (0x8C, 0x8C, 0x8C)


@pytest.mark.parametrize("zoom", [0.25, 0.3, 0.49, 1, 1.7, 3])
def test_a_fill_covers_the_cell_at_any_zoom(settle: Settle, view: SlideView, mask: Mask, zoom: float) -> None:
    style(view)
    view.zoom_by(zoom / view.zoom)
    settle()

    covered = green(view)

    seen = SQUARE.intersected(view.visible_region())
    expected = seen.area * zoom**2
    edge = 2 * (seen.w + seen.h) * zoom
    assert covered.sum() == pytest.approx(expected, abs=2 * edge)
    assert color_of(view, 800, 575) == (0, 200, 0)


def test_opacity_lets_the_picture_through(settle: Settle, view: SlideView, mask: Mask) -> None:
    style(view, opacity=0.4)
    settle()

    assert color_of(view, 800, 575) == pytest.approx((153, 233, 153), abs=1)
    style(view, opacity=0)
    assert color_of(view, 800, 575) == (255, 255, 255)


def test_the_mask_can_be_hidden(settle: Settle, view: SlideView, mask: Mask) -> None:
    style(view, visible=False)
    settle()
    assert color_of(view, 800, 575) == (255, 255, 255)

    style(view)
    assert color_of(view, 800, 575) == (0, 200, 0)


@pytest.mark.parametrize("zoom", [0.25, 0.5, 1, 2.3, 12])
def test_an_outline_is_two_pixels_wide_at_any_zoom(settle: Settle, view: SlideView, mask: Mask, zoom: float) -> None:
    style(view, contour=True)
    view.zoom_by(zoom / view.zoom)
    left = view.viewportTransform().map(QPointF(SQUARE.x, SQUARE.y + SQUARE.h / 2))
    view.horizontalScrollBar().setValue(view.horizontalScrollBar().value() + round(left.x()) - 400)
    settle()

    row = green(view)[300]

    start = int(view.viewportTransform().map(QPointF(SQUARE.x, 0)).x())
    around = np.flatnonzero(row[start - 5 : start + 12]) + start - 5
    assert len(around) == 2
    assert abs(around[0] - start) <= 1 + 1 / zoom**0.5


def test_the_gap_between_touching_cells_stays_open(settle: Settle, view: SlideView, mask: Mask) -> None:
    put(mask, Region(SQUARE.right + 1, SQUARE.y, 50, SQUARE.h), 1)
    style(view, contour=True)
    view.actual_pixels()
    settle()

    colors = [color_of(view, x + 0.5, 575) for x in range(SQUARE.right - 3, SQUARE.right + 4)]

    assert [color == (0, 200, 0) for color in colors] == [False, True, True, False, True, True, False]


def test_touching_classes_are_outlined_each(settle: Settle, view: SlideView, mask: Mask) -> None:
    put(mask, Region(SQUARE.right, SQUARE.y, 50, SQUARE.h), 2)
    style(view, contour=True)
    view.actual_pixels()
    settle()

    assert color_of(view, SQUARE.right - 0.5, 575) == (0, 200, 0)
    assert color_of(view, SQUARE.right + 0.5, 575) == (220, 0, 0)


@pytest.mark.parametrize("contour", [False, True])
@pytest.mark.parametrize("zoom", [0.37, 1, 2.6])
def test_painting_repaints_all_that_changed(
    settle: Settle, view: SlideView, mask: Mask, zoom: float, contour: bool
) -> None:
    style(view, opacity=0.5, contour=contour)
    view.zoom_by(zoom / view.zoom)
    settle()

    for region in (Region(880, 600, 61, 43), Region(740, 520, 17, 90)):
        put(mask, region, 2)
        view.mask_changed(region)
    settle()

    screen = view.screen().grabWindow(view.winId()).toImage().convertToFormat(QImage.Format.Format_RGB32)
    assert screen == shown(view).convertToFormat(QImage.Format.Format_RGB32)


def test_undo_shows_at_any_zoom(settle: Settle, view: SlideView, mask: Mask) -> None:
    style(view)
    settle()
    assert color_of(view, 800, 575) == (0, 200, 0)

    view.mask_changed(mask.undo())
    settle()

    assert color_of(view, 800, 575) == (255, 255, 255)


@pytest.mark.parametrize("contour", [False, True])
def test_a_mask_that_cannot_be_read_is_said_once(
    view: SlideView, mask: Mask, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, contour: bool
) -> None:
    def damaged(_mask: Mask, _key: TileKey) -> None:
        raise UserError("It is damaged.")

    emitted: list[UserError] = []
    view.readFailed.connect(emitted.append)
    monkeypatch.setattr(Mask, "tile", damaged)
    monkeypatch.setattr(Mask, "overview_tile", damaged)
    style(view, contour=contour)
    for _painting in range(3):
        shown(view)
    qtbot.waitUntil(lambda: bool(emitted))
    assert [str(error) for error in emitted] == ["It is damaged."]


# -- what a person changed ----------------------------------------------------------------------------------------


PREDICTED, ERASED = Region(648, 500, 48, 150), Region(904, 500, 48, 150)


@pytest.fixture
def marked_view(view: SlideView, mask: Mask) -> SlideView:
    """A painted square beside a predicted one, and background set by hand."""
    edit = mask.begin("segment")
    edit.predict(PREDICTED, np.ones((PREDICTED.h, PREDICTED.w), np.uint8))
    edit.commit()
    put(mask, ERASED, 0)
    return view


def mark(view: SlideView, on: bool = True, contour: bool = False) -> None:
    view.mask_layer.item.set_style(OverlayStyle(0.4, contour=contour, colors={1: GREEN}, show_manual=on))


def colors_in(view: SlideView, region: Region) -> set[tuple[int, ...]]:
    """Return the screen colours inside a level-0 region."""
    place = view.viewportTransform().mapRect(QRectF(region.x, region.y, region.w, region.h)).toRect()
    image = shown(view).copy(place.adjusted(3, 3, -3, -3)).convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(-1, 4)[:, 2::-1]
    return {tuple(int(part) for part in color) for color in np.unique(pixels, axis=0)}


@pytest.mark.parametrize("contour", [False, True])
@pytest.mark.parametrize("zoom", [0.26, 0.5, 1, 2.6])
def test_manual_changes_look_unlike_what_was_found(
    settle: Settle, marked_view: SlideView, zoom: float, contour: bool
) -> None:
    view = marked_view
    view.zoom_by(zoom / view.zoom)
    mark(view, on=False, contour=contour)
    settle()
    seen = [region.intersected(view.visible_region()) for region in (SQUARE, PREDICTED, ERASED)]
    painted, found, erased = (colors_in(view, region) for region in seen)
    assert painted == found
    assert len(found) == len(erased) == 1

    mark(view, contour=contour)
    settle()

    assert colors_in(view, seen[1]) == found
    over_cells, over_background = colors_in(view, seen[0]) - found - erased, colors_in(view, seen[2]) - found - erased
    assert over_cells
    assert over_background
    assert not over_cells & over_background


@pytest.mark.parametrize("zoom", [0.26, 1, 2.6])
def test_the_lines_stand_still_when_a_part_is_painted_anew(
    settle: Settle, marked_view: SlideView, mask: Mask, zoom: float
) -> None:
    view = marked_view
    mark(view)
    view.zoom_by(zoom / view.zoom)
    settle()
    view.horizontalScrollBar().setValue(view.horizontalScrollBar().value() + 3)
    settle()
    for region in (Region(880, 600, 61, 43), Region(740, 520, 17, 90)):
        put(mask, region, 1)
        view.mask_changed(region)
    settle()

    screen = view.screen().grabWindow(view.winId()).toImage().convertToFormat(QImage.Format.Format_RGB32)
    assert screen == shown(view).convertToFormat(QImage.Format.Format_RGB32)


def test_far_out_the_cells_look_as_ever(settle: Settle, marked_view: SlideView) -> None:
    view = marked_view
    view.zoom_by(0.24 / view.zoom)
    mark(view, on=False)
    settle()
    before = shown(view)
    mark(view)
    settle()

    assert shown(view) == before
