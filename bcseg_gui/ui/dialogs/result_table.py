"""The current and the new model side by side, on the same test pictures."""

from __future__ import annotations

from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from ...core.i18n import _
from ...session.retraining import Metrics, TrainResult

NOTICEABLE = 0.001
"""Agreement that differs by less than a tenth of a per cent is the same."""
MISCOUNTED = 0.01
"""A count that is wrong by this much more is worse."""


def is_better(result: TrainResult) -> bool:
    """The new model agrees with the person noticeably better, and does not pay for it with the number of cells."""
    return result.new.dice - result.old.dice >= NOTICEABLE and not counts_worse(result)


def counts_worse(result: TrainResult) -> bool:
    return result.new.count_error - result.old.count_error >= MISCOUNTED


def verdict(result: TrainResult) -> str:
    """One sentence on which model is better."""
    old, new = result.old.dice, result.new.dice
    if abs(new - old) < NOTICEABLE:
        return _("Both models agree with you equally well ({new}).").format(new=percent(new))
    if new > old and counts_worse(result):
        return _(
            "The new model agrees with you better ({new} instead of {old}), but its number of cells is further off: "
            "by {new_error} instead of {old_error}. Keep the current one if you count."
        ).format(
            new=percent(new),
            old=percent(old),
            new_error=percent(result.new.count_error),
            old_error=percent(result.old.count_error),
        )
    if new > old:
        return _("The new model agrees with you better: {new} instead of {old}.").format(
            new=percent(new), old=percent(old)
        )
    return _("The new model agrees with you less: {new} instead of {old}. Better keep the current one.").format(
        new=percent(new), old=percent(old)
    )


def percent(share: float) -> str:
    return QLocale().toString(100 * share, "f", 1) + "\u202f%"


def figure(value: float) -> str:
    return QLocale().toString(value, "f", 4)


def _rows(metrics: Metrics) -> tuple[tuple[str, str, bool], ...]:
    """(what, figure, for experts)"""
    return (
        (_("Agreement with your corrections"), percent(metrics.dice), False),
        (_("Agreement on the worst picture"), percent(metrics.worst_dice), False),
        (_("Error in the number of cells"), percent(metrics.count_error), False),
        (_("Dice coefficient"), figure(metrics.dice), True),
        (_("Jaccard index"), figure(metrics.jaccard), True),
        (_("Pixel accuracy"), figure(metrics.pixel_accuracy), True),
        (_("F1 score of whole cells"), figure(metrics.object_f1), True),
        (_("Loss"), figure(metrics.loss), True),
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
        self._add(0, "", _("current"), _("new"), heading=True)
        for row, ((what, old, expert), (_what, new, _expert)) in enumerate(
            zip(_rows(result.old), _rows(result.new), strict=True), 1
        ):
            labels = self._add(row, what, old, new)
            if expert:
                self._expert += labels
        self.show_all(self._all)

    def show_all(self, everything: bool) -> None:
        """With the expert's figures, or without."""
        self._all = everything
        for label in self._expert:
            label.setVisible(everything)

    def figures(self) -> list[str]:
        """What the table says, row by row."""
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
