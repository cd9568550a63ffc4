"""How much each picture still teaches, as bars in the order in which to correct them, and when to stop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolTip, QVBoxLayout, QWidget

from ...core.i18n import _, ngettext

_HEIGHT = 40
_WIDEST, _GAP = 18, 2
"""Of a bar, and between two, in device-independent pixels."""
_MOST_BARS = 60
_LOWEST = 2
"""Height of a bar that teaches next to nothing: it can still be pointed at."""


@dataclass(frozen=True, slots=True)
class Bar:
    """What correcting it teaches, as a share of all; `place`: in the worklist."""

    name: str
    place: int
    gain: float
    done: bool


class GainPanel(QWidget):
    chosen = Signal(int)
    """place in the worklist of the bar that was clicked"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bars = _Bars()
        self._bars.clicked.connect(self.chosen)
        self._words = QLabel()
        self._words.setObjectName("caption")
        self._words.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 0, 12, 4)
        layout.setSpacing(4)
        layout.addWidget(self._bars)
        layout.addWidget(self._words)
        self.hide()

    def show_bars(self, bars: Sequence[Bar], more: int, current: int) -> None:
        """`more`: to correct until the rest teaches little; `current`: the place of the picture in front."""
        self.setVisible(bool(bars))
        self._bars.show_bars(bars[:_MOST_BARS], current)
        self._words.setText(
            ngettext(
                "{n} more to correct; what is left then teaches the model little.",
                "{n} more to correct; what is left then teaches the model little.",
                more,
            ).format(n=more)
            if more
            else _("What is left teaches the model little: retrain it now.")
        )


class _Bars(QWidget):
    clicked = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._bars: Sequence[Bar] = ()
        self._current = -1
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setAccessibleName(_("What each picture still teaches the model"))

    def sizeHint(self) -> QSize:
        return QSize(100, _HEIGHT)

    def show_bars(self, bars: Sequence[Bar], current: int) -> None:
        self._bars, self._current = bars, current
        self.setAccessibleDescription("; ".join(_told(number, bar) for number, bar in enumerate(bars, 1)))
        self.update()

    def _step(self) -> float:
        """From one bar to the next."""
        return min(_WIDEST + _GAP, self.width() / max(1, len(self._bars)))

    def _at(self, x: float) -> int | None:
        number = int(x / self._step())
        return number if 0 <= number < len(self._bars) else None

    def paintEvent(self, event: QPaintEvent) -> None:
        largest = max((bar.gain for bar in self._bars), default=0) or 1
        step, palette = self._step(), self.palette()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            for number, bar in enumerate(self._bars):
                height = max(_LOWEST, bar.gain / largest * (_HEIGHT - 6))
                place = QRectF(number * step, _HEIGHT - 4 - height, step - min(_GAP, step / 3), height)
                painter.setBrush(palette.color(QPalette.ColorRole.Mid if bar.done else QPalette.ColorRole.Highlight))
                painter.drawRect(place)
                if bar.place == self._current:
                    painter.setBrush(palette.color(QPalette.ColorRole.WindowText))
                    painter.drawRect(QRectF(place.x(), _HEIGHT - 2, place.width(), 2))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if (number := self._at(event.position().x())) is not None:
            self.clicked.emit(self._bars[number].place)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            number = self._at(event.pos().x())
            QToolTip.showText(event.globalPos(), "" if number is None else _told(number + 1, self._bars[number]), self)
            return True
        return super().event(event)


def _told(number: int, bar: Bar) -> str:
    if bar.done:
        return _("{number}. {name}: reviewed").format(number=number, name=bar.name)
    told = _("{number}. {name}: takes away {share} % of the model’s doubt")
    return told.format(number=number, name=bar.name, share=round(100 * bar.gain))
