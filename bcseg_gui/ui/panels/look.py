"""How the slide is shown: brightness, contrast, gamma and white balance. Slide and mask stay unchanged."""

from __future__ import annotations

import math

from PySide6.QtCore import QLocale, QSignalBlocker, QSize, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from bcseg_gui.core.i18n import _
from bcseg_gui.core.slides.look import Look

from ..widgets.adjustment import Adjustment
from ..widgets.folding import FoldingHeader

STEPS = 100
"""Slider steps to either side of the middle."""
GAMMA_RANGE = 4.0
"""Gamma at the right end; at the left end its reciprocal."""
DARKEST_WHITE = 64
"""Mean of red, green and blue below which a colour cannot be white glass."""
_WHITE = Look().white


class LookPanel(QWidget):
    """Folded at first. Only what the user changes emits `changed`."""

    changed = Signal(object)
    """Look the user chose; also emitted when only `for_model` changed"""
    pickWhite = Signal(bool)
    """True: pass the colour under the next click to `set_white`; False: no longer"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._header = FoldingHeader()
        self._header.toggled.connect(self._unfold)
        self.brightness = _Adjustment(_("Brightness"))
        self.contrast = _Adjustment(_("Contrast"))
        self.gamma = _Adjustment(_("Gamma"), is_power=True)
        self._white = _WHITE
        self.pick = QPushButton(_("Pick white"))
        self.pick.setCheckable(True)
        self.pick.setToolTip(_("Then click on an empty place of the picture: it becomes white"))
        self.pick.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.pick.toggled.connect(self._picking)
        self._hint = QLabel()
        self._hint.setObjectName("caption")
        self._hint.setWordWrap(True)
        self._for_model = QCheckBox(_("Also for finding cells"))
        self._for_model.setToolTip(
            _("The model sees these colours too. Otherwise it sees the slide's own, which is what it learnt from.")
        )
        self._for_model.toggled.connect(self._tell)
        self.reset = QPushButton(_("Reset"))
        self.reset.setToolTip(_("Back to the slide's own colours"))
        self.reset.clicked.connect(self._reset)
        self._lay_out()
        for adjustment in self._adjustments:
            adjustment.changed.connect(self._tell)
        self._unfold(False)
        self._picking(False)
        self._refresh()

    def _lay_out(self) -> None:
        self._body = QWidget()
        body = QVBoxLayout(self._body)
        body.setContentsMargins(0, 4, 0, 0)
        body.setSpacing(8)
        for adjustment in self._adjustments:
            body.addWidget(adjustment)
        body.addSpacing(2)
        for widget in (self.pick, self._hint, self._for_model, self.reset):
            body.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._header)
        layout.addWidget(self._body)

    @property
    def _adjustments(self) -> tuple[_Adjustment, ...]:
        return (self.brightness, self.contrast, self.gamma)

    @property
    def look(self) -> Look:
        return Look(self.brightness.value, self.contrast.value, self.gamma.value, self._white)

    @property
    def for_model(self) -> bool:
        """The model gets the picture as it is shown."""
        return self._for_model.isChecked()

    @property
    def picking(self) -> bool:
        """The next click in the picture picks the colour that becomes white."""
        return self.pick.isChecked()

    def show_look(self, look: Look, for_model: bool = False) -> None:
        """Show a look without emitting `changed`; picking a white ends."""
        self.pick.setChecked(False)
        self.brightness.show_value(look.brightness)
        self.contrast.show_value(look.contrast)
        self.gamma.show_value(look.gamma)
        self._white = look.white
        with QSignalBlocker(self._for_model):
            self._for_model.setChecked(for_model)
        self._refresh()

    def set_white(self, rgb: tuple[int, int, int]) -> None:
        """Make the colour white. One too dark for that is refused with a hint, and picking goes on."""
        if sum(rgb) < 3 * DARKEST_WHITE:
            self._hint.setText(_("This place is too dark to be white. Click on an empty, bright one."))
            self._hint.show()
            return
        self._white = rgb
        self.pick.setChecked(False)
        self._tell()

    def _picking(self, picking: bool) -> None:
        self._hint.setText(_("Click on an empty place of the picture."))
        self._hint.setVisible(picking)
        self.pickWhite.emit(picking)

    def _reset(self) -> None:
        self.show_look(Look())
        self._tell()

    def _tell(self) -> None:
        self._refresh()
        self.changed.emit(self.look)

    def _refresh(self) -> None:
        is_changed = not self.look.is_neutral
        self.reset.setEnabled(is_changed or self.for_model)
        self.pick.setIcon(_swatch(self._white) if self._white != _WHITE else QIcon())
        self._show_title()

    def _show_title(self) -> None:
        """Even folded, the title says when colours differ from the slide's own."""
        title, changed = _("Light and colours"), not self.look.is_neutral
        self._header.setText(f"{title} {'• ' if changed else ''}{'▾' if self._header.isChecked() else '▸'}")
        self._header.setAccessibleName(_("{title}, changed").format(title=title) if changed else title)
        self._header.setToolTip(
            _("These are not the slide's own colours")
            if changed
            else _("How you see the picture; the slide stays as it is")
        )

    def _unfold(self, unfolded: bool) -> None:
        self._show_title()
        self._body.setVisible(unfolded)
        if not unfolded:
            self.pick.setChecked(False)


class _Adjustment(Adjustment):
    """From −1 to 1 or, with `is_power`, from 1 / GAMMA_RANGE to GAMMA_RANGE; the middle is neutral."""

    def __init__(self, name: str, *, is_power: bool = False) -> None:
        self._is_power = is_power
        super().__init__(name, range(-STEPS, STEPS + 1), self._text_at)

    @property
    def value(self) -> float:
        return self._value_at(self.position)

    def show_value(self, value: float) -> None:
        share = math.log(value, GAMMA_RANGE) if self._is_power else value
        self.show_position(round(share * STEPS))

    def _value_at(self, position: int) -> float:
        share = position / STEPS
        return float(GAMMA_RANGE**share) if self._is_power else share

    def _text_at(self, position: int) -> str:
        if self._is_power:
            return QLocale().toString(self._value_at(position), "f", 2)
        return "0" if position == 0 else f"{'+' if position > 0 else '−'}{abs(position)}"


def _swatch(rgb: tuple[int, int, int]) -> QIcon:
    pixmap = QPixmap(QSize(32, 32))
    pixmap.fill(QColor(128, 128, 128))
    with QPainter(pixmap) as painter:
        painter.fillRect(2, 2, 28, 28, QColor(*rgb))
    return QIcon(pixmap)
