"""Pens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF
from PySide6.QtGui import QInputDevice, QPointingDevice, QPointingDeviceUniqueId, QTabletEvent
from PySide6.QtWidgets import QApplication

from bcseg_gui.ui.slide_view import SlideView
from bcseg_gui.ui.tools import OutlineTool
from tests.ui.slide_view.driving import LEFT, NONE, PLAIN, A, C, covered, level0, move, painted


@pytest.fixture
def pen(view: SlideView) -> Callable[..., bool]:
    """Send a pen event and return whether it was accepted; Qt resends others as mouse events."""

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
    painting.settings.set_brush_radius(50.0)
    assert pen(QEvent.Type.TabletPress, A, 0.0)
    move(view, QPoint(600, 500), LEFT)  # some systems send mouse events as well
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
