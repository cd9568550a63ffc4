"""How large a pixel is: as the file says or, where it does not, as the user knows."""

from __future__ import annotations

import math

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from bcseg_gui.core.cells.diameter import expected_cell_diameter
from bcseg_gui.core.i18n import _
from bcseg_gui.core.slides.slide import PLAUSIBLE_MPP

OBJECTIVES = (10, 20, 40, 60, 100)
CAMERA_PIXEL_UM = 3.45
"""Pixel pitch of most microscope cameras; divided by the objective's power, it gives the mpp."""


class ScaleBox(QWidget):
    """“0.25 µm/px · 40×” when the file says so, else a button to enter it. Only the user's choice emits `chosen`."""

    chosen = Signal(object)
    """µm per level-0 pixel, or None: unknown"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = QLabel()
        self.button = QToolButton()
        self.button.setAutoRaise(True)
        self.button.clicked.connect(self._ask)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.label)
        layout.addWidget(self.button)
        self._mpp: float | None = None
        self._objective: float | None = None
        self.show_scale(None)

    def show_scale(self, mpp: float | None, objective: float | None = None, *, is_given: bool = False) -> None:
        """`mpp`: None when unknown; `is_given`: entered by the user, not read from the file."""
        self._mpp, self._objective = mpp, objective
        in_file = mpp is not None and not is_given
        self.label.setVisible(in_file)
        self.button.setVisible(not in_file)
        text = scale_text(mpp, objective)
        self.label.setText(text)
        self.label.setToolTip(_("From the file."))
        self.button.setText(text if mpp is not None else _("Set scale…"))
        self.button.setStyleSheet("" if mpp is not None else "color: palette(link);")
        self.button.setToolTip(
            _("Set by you. Click to change it.")
            if mpp is not None
            else _("The file does not say how large a pixel is. With it, lengths are shown in µm.")
        )

    def _ask(self) -> None:
        dialog = ScaleDialog(self._mpp, self._objective, self.window())
        dialog.chosen.connect(self.chosen)
        dialog.open()


class ScaleDialog(QDialog):
    """Asks for µm per pixel, or estimates it from the objective."""

    chosen = Signal(object)
    """µm per level-0 pixel, or None: unknown"""

    def __init__(self, mpp: float | None, objective: float | None, parent: QWidget) -> None:
        """`mpp`: as entered before; `objective`: power read from the file, preselected without an `mpp`."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Scale"))
        headline = QLabel(_("How large is a pixel?"))
        headline.setObjectName("headline")
        self.number = QLineEdit()
        self.number.setAccessibleName(_("Micrometres per pixel"))
        self.number.setPlaceholderText(_number(0.25))
        self.number.setFixedWidth(90)
        self.number.textChanged.connect(self._refresh)
        self._says = QLabel()
        self._says.setObjectName("caption")
        self._says.setWordWrap(True)
        self._objectives = QButtonGroup(self)
        self.unknown = QPushButton(_("As unknown"))
        self.unknown.setToolTip(_("Lengths are shown in pixels again"))
        self.unknown.setEnabled(mpp is not None)
        self.unknown.clicked.connect(lambda: self._choose(None))
        self.cancel = QPushButton(_("Cancel"))
        self.cancel.clicked.connect(self.reject)
        self.set = QPushButton(_("Set"))
        self.set.setProperty("main", True)
        self.set.clicked.connect(lambda: self._choose(self.mpp))
        self._lay_out(headline)
        self._objectives.idClicked.connect(self._estimate)
        if mpp is not None:
            self.number.setText(_number(mpp))
        elif objective in OBJECTIVES:
            self._objectives.button(int(objective)).click()
        self.number.selectAll()
        self.number.setFocus()
        self._refresh()

    def _lay_out(self, headline: QLabel) -> None:
        number = QHBoxLayout()
        number.setSpacing(6)
        number.addWidget(self.number)
        number.addWidget(QLabel(_("µm per pixel")))
        number.addStretch(1)
        objectives = QHBoxLayout()
        objectives.setSpacing(12)
        for power in OBJECTIVES:
            choice = QRadioButton(f"{power}×")
            choice.setAccessibleName(_("Objective {power}×").format(power=power))
            self._objectives.addButton(choice, power)
            objectives.addWidget(choice)
        estimate = QLabel(
            _(
                "The objective gives an estimate, for a camera with pixels of {pixel} µm and no other lens between. "
                "A stage micrometer tells exactly."
            ).format(pixel=_number(CAMERA_PIXEL_UM))
        )
        estimate.setObjectName("caption")
        estimate.setWordWrap(True)
        form = QFormLayout()
        form.setHorizontalSpacing(14)
        form.setVerticalSpacing(10)
        form.addRow(_("Scale"), number)
        form.addRow("", self._says)
        form.addRow(_("or objective"), objectives)
        form.addRow("", estimate)
        buttons = QHBoxLayout()
        buttons.addWidget(self.unknown)
        buttons.addStretch(1)
        for button in (self.unknown, self.cancel, self.set):
            button.setAutoDefault(button is self.set)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.set)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 18)
        layout.setSpacing(12)
        layout.addWidget(headline)
        layout.addLayout(form)
        layout.addSpacing(4)
        layout.addLayout(buttons)

    @property
    def mpp(self) -> float | None:
        """The value entered; None when no microscope has such a scale."""
        try:
            mpp = float(self.number.text().strip().replace(",", "."))
        except ValueError:
            return None
        return mpp if PLAUSIBLE_MPP[0] <= mpp <= PLAUSIBLE_MPP[1] else None

    def _estimate(self, power: int) -> None:
        self.number.setText(_number(estimated_mpp(power)))

    def _refresh(self) -> None:
        mpp = self.mpp
        self.set.setEnabled(mpp is not None)
        self._objectives.setExclusive(False)
        for power in OBJECTIVES:
            self._objectives.button(power).setChecked(self.mpp == estimated_mpp(power))
        self._objectives.setExclusive(True)
        if mpp is not None:
            # Everybody knows the size of a red cell, so a misplaced decimal point shows.
            cell = expected_cell_diameter(mpp) or 0.0
            self._says.setText(_("A red cell is then {px} px wide.").format(px=round(cell)))
        else:
            low, high = map(_number, PLAUSIBLE_MPP)
            self._says.setText(_("Between {low} and {high} for a microscope.").format(low=low, high=high))

    def _choose(self, mpp: float | None) -> None:
        self.chosen.emit(mpp)
        self.accept()


def scale_text(mpp: float | None, objective: float | None = None) -> str:
    """Return “0.25 µm/px · 40×”, for example; empty when nothing is known."""
    texts = []
    if mpp is not None:
        texts.append(_("{mpp} µm/px").format(mpp=QLocale().toString(mpp, "g", 3)))
    if objective is not None and math.isfinite(objective):
        texts.append(f"{QLocale().toString(objective, 'g', 3)}×")
    return " · ".join(texts)


def estimated_mpp(power: int) -> float:
    """Return the µm per pixel to expect with an objective, to three digits: it is an estimate."""
    return float(f"{CAMERA_PIXEL_UM / power:.3g}")


def _number(value: float) -> str:
    return QLocale().toString(value, "g", 6)
