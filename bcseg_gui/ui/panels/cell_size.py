"""The assumed cell size: its value, where it comes from, and setting it by hand or automatically."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QAbstractSpinBox, QHBoxLayout, QLabel, QToolButton, QWidget

from bcseg_gui.core.i18n import _
from bcseg_gui.session.cell_size import CellSize

from ..widgets.number_box import NumberBox

SMALLEST, LARGEST = 2, 2000
"""Level-0 pixels."""


class _DiameterBox(NumberBox):
    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        """Step only from a number, not from “…”, “–” or an empty field."""
        if self.text() == self.specialValueText():
            return QAbstractSpinBox.StepEnabledFlag.StepNone
        return super().stepEnabled()


class CellSizeBox(QWidget):
    """A number, after “≈” when estimated. Clearing it, or the button beside it, makes it automatic again."""

    chosen = Signal(object)
    """Level-0 pixels, or None: automatic"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.number = _DiameterBox()
        self.number.setRange(SMALLEST, LARGEST)
        self.number.setSuffix(" px")
        self.number.setPrefix("≈ ")
        self.number.setMinimumWidth(self.number.sizeHint().width())  # keeps its width without the prefix
        self.number.setKeyboardTracking(False)
        self.number.setAccessibleName(_("Cell diameter in pixels"))
        self.number.valueChanged.connect(lambda value: self.chosen.emit(float(value)))
        self.number.emptied.connect(lambda: self.chosen.emit(None))
        self.automatic = QToolButton()
        self.automatic.setText(_("auto"))
        self.automatic.setToolTip(_("Back to the automatic cell diameter"))
        self.automatic.clicked.connect(lambda: self.chosen.emit(None))
        policy = self.automatic.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.automatic.setSizePolicy(policy)
        label = QLabel(_("cell ø"))
        label.setBuddy(self.number)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(6, 2, 0, 2)
        layout.setSpacing(6)
        for widget in (label, self.number, self.automatic):
            layout.addWidget(widget)

    def show_size(self, size: CellSize) -> None:
        """Leave what the user is typing alone."""
        self.automatic.setVisible(size.origin == "person")
        explained = _(
            "Diameter of a red cell in this picture. The model looks at cells of this size; set it when too few or "
            "torn cells are found."
        )
        self.number.setToolTip(_origin(size) + "\n" + explained)
        self.number.setAccessibleDescription(_origin(size))
        if self.number.is_typed_in:
            return
        shown = None if size.origin == "looking" else size.diameter
        with QSignalBlocker(self.number):
            self.number.setSpecialValueText("" if shown else "…" if size.origin == "looking" else "–")
            self.number.setMinimum(SMALLEST if shown else SMALLEST - 1)
            self.number.setPrefix("≈ " if size.origin in ("picture", "model") else "")
            self.number.setValue(round(shown) if shown else SMALLEST - 1)


def _origin(size: CellSize) -> str:
    match size.origin:
        case "person":
            return _("Set by you.")
        case "scale":
            return _("From the scale of the slide.")
        case "picture":
            return _("Estimated from the picture.")
        case "model":
            return _("No cells were made out to measure: this is the size that the model is used to.")
        case "looking":
            return _("Being measured…")
