"""The current and the new model compared on the same test pictures."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from bcseg_gui.core.i18n import _, number, percent
from bcseg_gui.session.retraining import Metrics, TrainResult


def _rows(metrics: Metrics) -> tuple[tuple[str, str, bool], ...]:
    """Return (name, value, whether it is for experts)."""
    return (
        (_("Agreement with your corrections"), percent(metrics.dice), False),
        (_("Agreement on the worst picture"), percent(metrics.worst_dice), False),
        (_("Error in the number of cells"), percent(metrics.count_error), False),
        (_("Dice coefficient"), number(metrics.dice, 4), True),
        (_("Jaccard index"), number(metrics.jaccard, 4), True),
        (_("Pixel accuracy"), number(metrics.pixel_accuracy, 4), True),
        (_("F1 score of whole cells"), number(metrics.object_f1, 4), True),
        (_("Loss"), number(metrics.loss, 4), True),
    )


class ResultTable(QWidget):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 6, 0, 0)
        self._grid.setHorizontalSpacing(28)
        self._grid.setVerticalSpacing(7)
        self._grid.setColumnStretch(0, 1)
        self._expert: list[QLabel] = []
        self._all = False

    def show_result(self, result: TrainResult) -> None:
        if self._grid.count():
            return
        self._add(0, "", _("before") if result.old else "", _("new"), heading=True)
        before = (
            [figure for _what, figure, _expert in _rows(result.old)] if result.old else [""] * len(_rows(result.new))
        )
        for row, (old, (what, new, expert)) in enumerate(zip(before, _rows(result.new), strict=True), 1):
            labels = self._add(row, what, old, new)
            if expert:
                self._expert += labels
        for each in result.decision.classes:
            name = _("{name} (new)").format(name=each.name) if each.is_new and result.old else each.name
            figure = percent(each.dice) if each.pictures else _("not tested")
            labels = self._add(self._grid.rowCount(), _("Agreement on: {name}").format(name=name), "", figure)
            count = percent(each.count_error) if each.pictures else "–"
            what = _("Error in the number of: {name}").format(name=each.name)
            self._expert += self._add(self._grid.rowCount(), what, "", count)
        if (reference := result.decision.reference) is not None:
            what = _("Agreement on the pictures that come with the program")
            self._add(self._grid.rowCount(), what, percent(reference.old), percent(reference.new))
        self.show_all(self._all)

    def show_all(self, everything: bool) -> None:
        """Show or hide the figures for experts."""
        self._all = everything
        for label in self._expert:
            label.setVisible(everything)

    def figures(self) -> list[str]:
        """The visible texts, row by row."""
        return [label.text() for label in self.findChildren(QLabel)]

    def _add(self, row: int, *texts: str, heading: bool = False) -> list[QLabel]:
        labels = []
        for column, text in enumerate(texts):
            label = QLabel(text)
            if heading:
                label.setObjectName("caption")
            if column:
                label.setAlignment(Qt.AlignmentFlag.AlignRight)
            self._grid.addWidget(label, row, column)
            labels.append(label)
        return labels
