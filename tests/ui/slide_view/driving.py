"""Mouse and wheel over a view, and what a brush must have painted."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from bcseg_gui.core.geometry import Region
from bcseg_gui.core.tools.brush import stroke_segment
from bcseg_gui.ui.slide_view import SlideView

LEFT, MIDDLE, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.NoButton
PLAIN, ALT, SHIFT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ShiftModifier,
)
A, B, C = QPoint(200, 200), QPoint(300, 200), QPoint(300, 300)


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
    """Return what the brush paints along these paths."""
    result = np.zeros((1200, 1600), bool)
    for start, end in ways:
        region, where = stroke_segment(start, end, radius)
        result[region.y : region.bottom, region.x : region.right] |= where
    return result


def painted(canvas: Any) -> NDArray[np.bool_]:
    return np.asarray(canvas.mask.read(Region(0, 0, 1600, 1200)) & 0x7F > 0)
