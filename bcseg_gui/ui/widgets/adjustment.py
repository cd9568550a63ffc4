"""A slider with name and value above it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QPalette, QWheelEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QSlider, QStyleOptionSlider, QWidget

from bcseg_gui.core.i18n import _


class Adjustment(QWidget):
    """The default is the middle of the slider; a double click on the name restores it."""

    changed = Signal()
    """The user moved the slider"""

    def __init__(self, name: str, steps: range, words: Callable[[int], str]) -> None:
        """`steps`: slider positions, an odd number; `words`: text for a position."""
        super().__init__()
        self._words = words
        self._middle = steps[len(steps) // 2]
        self._name, self._number = QLabel(name), QLabel()
        self._name.setToolTip(_("Double-click: back to the middle"))
        self._name.installEventFilter(self)
        self._number.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.slider = _Slider(Qt.Orientation.Horizontal)
        self.slider.setRange(steps[0], steps[-1])
        self.slider.setPageStep(max(2, len(steps) // 20))
        self.slider.setValue(self._middle)
        self.slider.setAccessibleName(name)
        self.slider.valueChanged.connect(self._moved)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setVerticalSpacing(2)
        layout.addWidget(self._name, 0, 0)
        layout.addWidget(self._number, 0, 1)
        layout.addWidget(self.slider, 1, 0, 1, 2)
        self._show_number()

    @property
    def position(self) -> int:
        return self.slider.value()

    @property
    def text(self) -> str:
        return self._number.text()

    def show_position(self, position: int) -> None:
        """Move the slider without emitting `changed`."""
        with QSignalBlocker(self.slider):
            self.slider.setValue(position)
        self._show_number()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._name and event.type() == QEvent.Type.MouseButtonDblClick:
            self.slider.setValue(self._middle)
            return True
        return super().eventFilter(watched, event)

    def _moved(self) -> None:
        self._show_number()
        self.changed.emit()

    def _show_number(self) -> None:
        self._number.setText(self._words(self.position))


class _Slider(QSlider):
    """Starts in the middle, so the groove has no fill. Ignores the wheel, which scrolls the panel."""

    def initStyleOption(self, option: QStyleOptionSlider) -> None:
        super().initStyleOption(option)
        if not self.hasFocus():
            for role in (QPalette.ColorRole.Highlight, QPalette.ColorRole.Accent):
                option.palette.setColor(role, option.palette.color(QPalette.ColorRole.Mid))

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()
