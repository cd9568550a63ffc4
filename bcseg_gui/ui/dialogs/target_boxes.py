"""Check boxes that choose which of the drawn classes make up a new target."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QWidget

from bcseg_gui.session.retraining_plan import Plan

_COLUMNS = 3


class TargetBoxes(QWidget):
    """One box a class; the last one ticked cannot be unticked."""

    toggled = Signal(str, bool)

    def __init__(self) -> None:
        super().__init__()
        self._boxes: dict[str, QCheckBox] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(18)
        self._grid.setColumnStretch(_COLUMNS, 1)

    def show_plan(self, plan: Plan) -> None:
        if list(self._boxes) != list(plan.drawn):
            self._make(list(plan.drawn))
        for name, box in self._boxes.items():
            with QSignalBlocker(box):
                box.setChecked(name in plan.targets)
            box.setEnabled(list(plan.targets) != [name])

    def _make(self, names: list[str]) -> None:
        for box in self._boxes.values():
            box.deleteLater()
        self._boxes = {name: QCheckBox(name.replace("&", "&&")) for name in names}
        for number, (name, box) in enumerate(self._boxes.items()):
            box.toggled.connect(lambda wanted, name=name: self.toggled.emit(name, wanted))
            self._grid.addWidget(box, *divmod(number, _COLUMNS))
