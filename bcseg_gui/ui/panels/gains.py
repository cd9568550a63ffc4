"""What each picture would still teach, as bars in the order to correct them, and when to stop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolTip, QVBoxLayout, QWidget

from bcseg_gui.core.i18n import _, ngettext

MOST_BARS = 60
_HEIGHT = 40
_WIDEST, _GAP = 18, 2
"""Width of a bar and of the gap between two, device-independent pixels."""
_LOWEST = 2
"""Height of a bar with next to no gain: it can still be clicked."""


@dataclass(frozen=True, slots=True)
class GainBar:
    """A picture's gain: by about how many cells the doubt falls when it is corrected after those before it."""

    name: str
    gain: float
    done: bool


class GainPanel(QWidget):
    chosen = Signal(int)
    """Index of the bar that was clicked"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bars = _Bars()
        self._bars.chosen.connect(self.chosen)
        self._words = QLabel()
        self._words.setObjectName("caption")
        self._words.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 0, 12, 4)
        layout.setSpacing(4)
        layout.addWidget(self._bars)
        layout.addWidget(self._words)
        self.hide()

    def show_bars(self, bars: Sequence[GainBar], more: int, current: int | None) -> None:
        """`more`: how many are still worth correcting; `current`: index of the open picture."""
        self.setVisible(bool(bars))
        self._bars.show_bars(bars[:MOST_BARS], current)
        if more:
            sentence = ngettext("{n} more is worth correcting.", "{n} more are worth correcting.", more).format(n=more)
        elif any(bar.done for bar in bars):
            sentence = _("What is left would teach the model little: retrain it now.")
        else:
            sentence = _("These pictures would teach the model little.")
        self._words.setText(sentence)


class _Bars(QWidget):
    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._bars: Sequence[GainBar] = ()
        self._current: int | None = None
        self._pointed = 0
        """Index of the bar the arrow keys are on"""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(_("What each picture still teaches the model"))

    def sizeHint(self) -> QSize:
        return QSize(100, _HEIGHT)

    def show_bars(self, bars: Sequence[GainBar], current: int | None) -> None:
        moved = current != self._current
        self._bars, self._current = bars, current
        self._point_at(current if moved and current is not None else self._pointed)

    def _point_at(self, number: int) -> None:
        self._pointed = max(0, min(number, len(self._bars) - 1))
        self.setAccessibleDescription(self._description(self._pointed))
        self.update()

    def _description(self, number: int | None) -> str:
        return "" if number is None or not self._bars else _bar_text(number + 1, self._bars[number])

    def _step(self) -> float:
        """Distance from one bar to the next."""
        return min(_WIDEST + _GAP, self.width() / max(1, len(self._bars)))

    def _at(self, x: float) -> int | None:
        number = int(x / self._step())
        return number if 0 <= number < len(self._bars) else None

    def paintEvent(self, event: QPaintEvent) -> None:
        largest = max((bar.gain for bar in self._bars), default=0.0)
        step, palette = self._step(), self.palette()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            for number, bar in enumerate(self._bars):
                height = max(_LOWEST, bar.gain / max(1.0, largest) * (_HEIGHT - 6))
                place = QRectF(number * step, _HEIGHT - 4 - height, step - min(_GAP, step / 3), height)
                painter.setBrush(palette.color(QPalette.ColorRole.Mid if bar.done else QPalette.ColorRole.Highlight))
                painter.drawRect(place)
                if number == self._current or (number == self._pointed and self.hasFocus()):
                    painter.setBrush(palette.color(QPalette.ColorRole.WindowText))
                    painter.drawRect(QRectF(place.x(), _HEIGHT - 2, place.width(), 2))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if (number := self._at(event.position().x())) is not None:
            self.chosen.emit(number)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Left | Qt.Key.Key_Right:
                self._point_at(self._pointed + (1 if event.key() == Qt.Key.Key_Right else -1))
                below = QPoint(round(self._pointed * self._step()), _HEIGHT)
                QToolTip.showText(self.mapToGlobal(below), self._description(self._pointed), self)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter | Qt.Key.Key_Space if self._bars:
                self.chosen.emit(self._pointed)
            case _:
                super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self._description(self._at(event.pos().x())), self)
            return True
        return super().event(event)


def _bar_text(number: int, bar: GainBar) -> str:
    if bar.done:
        return _("{number}. {name}: reviewed").format(number=number, name=bar.name)
    cells = round(bar.gain)
    if not cells:
        return _("{number}. {name}: teaches the model little").format(number=number, name=bar.name)
    sentence = ngettext(
        "{number}. {name}: settles the doubt about {n} cell",
        "{number}. {name}: settles the doubt about {n} cells",
        cells,
    )
    return sentence.format(number=number, name=bar.name, n=cells)
