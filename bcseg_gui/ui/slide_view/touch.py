"""Fingers and pen on the slide, translated for gesture and navigation."""

from __future__ import annotations

import sys

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QInputDevice, QNativeGestureEvent, QPointingDevice, QTabletEvent
from PySide6.QtWidgets import QGestureEvent, QPinchGesture, QWidget

from .gesture import Gesture
from .mouse import hand_of, place_of
from .navigation import Navigation

TouchEvent = QTabletEvent | QNativeGestureEvent | QGestureEvent


class TouchEvents:
    """Two fingers zoom. Pen pressure sizes the tool, and the pen's other end erases."""

    def __init__(self, gesture: Gesture, navigation: Navigation, port: QWidget) -> None:
        self._gesture = gesture
        self._navigation = navigation
        self._port = port
        if sys.platform != "darwin":  # which also sends a native gesture, and would zoom twice
            port.grabGesture(Qt.GestureType.PinchGesture)

    def handle(self, event: TouchEvent) -> bool | None:
        """Return the result for Qt, or None to leave the event to it."""
        if isinstance(event, QTabletEvent):
            # Qt resends an ignored pen event as a mouse event.
            event.setAccepted(self._pen(event))
            return event.isAccepted()
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self._navigation.kinetic.stop()
                self._navigation.zoom_about(1 + event.value(), place_of(event.position()))
            return True
        pinch = event.gesture(Qt.GestureType.PinchGesture)
        if not isinstance(pinch, QPinchGesture):
            return None
        self._pinch(pinch)
        event.accept()
        return True

    def _pinch(self, pinch: QPinchGesture) -> None:
        if pinch.state() == Qt.GestureState.GestureStarted:
            # The first of the two fingers began no stroke.
            self._gesture.abort()
        last, now = (QPointF(self._port.mapFromGlobal(p)) for p in (pinch.lastCenterPoint(), pinch.centerPoint()))
        way = (last - now).toPoint()
        self._navigation.pan_by(way.x(), way.y())
        self._navigation.zoom_about(pinch.scaleFactor(), place_of(now))

    def _pen(self, event: QTabletEvent) -> bool:
        """Handle a pen that reports pressure or its eraser end; return False to treat it as a mouse."""
        erases = event.pointerType() == QPointingDevice.PointerType.Eraser
        presses = event.pointingDevice().hasCapability(QInputDevice.Capability.Pressure)
        hand = hand_of(event.modifiers(), subtract=erases, pressure=event.pressure() if presses else 1.0)
        place = place_of(event.position())
        if event.type() == QEvent.Type.TabletPress:
            left = event.button() == Qt.MouseButton.LeftButton
            taken = left and self._gesture.pen_press(place, hand, erases=erases, has_pressure=presses)
            if taken:
                self._navigation.kinetic.stop()
            return taken
        if event.type() == QEvent.Type.TabletMove:
            return self._gesture.pen_move(place, hand)
        return event.type() == QEvent.Type.TabletRelease and self._gesture.pen_release(place)
