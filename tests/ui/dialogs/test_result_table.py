from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from bcseg_gui.compute.protocol import Metrics, TrainResult
from bcseg_gui.core.retraining.gate import Decision, Difference
from bcseg_gui.ui.dialogs.result_table import ResultTable

SAME = Difference(0.9, 0.9, 0.0, 0.0)


def result(old: float, new: float) -> TrainResult:
    def metrics(dice: float) -> Metrics:
        return Metrics(
            pictures=2,
            dice=dice,
            jaccard=0.87,
            pixel_accuracy=0.96,
            loss=0.11,
            object_f1=0.9,
            count_error=0.04,
            worst_dice=0.8,
        )

    decision = Decision("better", SAME, SAME, Difference(0.951, 0.949, 0.0, 0.0), weak=False)
    return TrainResult(Path("new"), metrics(old), metrics(new), decision, 4, 60.0)


def test_expert_figures_are_one_click_deeper(qtbot: QtBot) -> None:
    table = ResultTable()
    qtbot.addWidget(table)
    table.show_result(result(0.9, 0.94))
    table.show()

    def visible() -> list[str]:
        return [label.text() for label in table.findChildren(QLabel) if label.isVisible()]

    assert "Error in the number of cells" in visible()
    assert {"95.1\u202f%", "94.9\u202f%"} <= set(visible()), "the pictures that come with the program"
    assert "Jaccard index" not in visible()
    table.show_all(True)
    assert "Jaccard index" in visible()
