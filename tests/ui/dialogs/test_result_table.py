from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from bcseg_gui.compute.protocol import Metrics, TrainResult
from bcseg_gui.ui.dialogs.result_table import ResultTable, is_better, verdict


def result(old: float, new: float, new_count_error: float = 0.04) -> TrainResult:
    def metrics(dice: float, count_error: float = 0.04) -> Metrics:
        return Metrics(
            pictures=2,
            dice=dice,
            jaccard=0.87,
            pixel_accuracy=0.96,
            loss=0.11,
            object_f1=0.9,
            count_error=count_error,
            worst_dice=0.8,
        )

    return TrainResult(Path("new"), metrics(old), metrics(new, new_count_error), 4, 60.0)


@pytest.mark.parametrize(
    ("old", "new", "words"), [(0.90, 0.94, "better"), (0.94, 0.90, "less"), (0.94, 0.9404, "equally well")]
)
def test_the_verdict_says_which_is_better(old: float, new: float, words: str) -> None:
    assert words in verdict(result(old, new))
    assert is_better(result(old, new)) == (words == "better")


def test_better_cells_at_the_price_of_a_worse_count_are_not_recommended() -> None:
    mixed = result(0.90, 0.94, new_count_error=0.06)
    assert "number of cells is further off" in verdict(mixed)
    assert not is_better(mixed)
    assert is_better(result(0.90, 0.94, new_count_error=0.045))


def test_expert_figures_are_one_click_deeper(qtbot: QtBot) -> None:
    table = ResultTable()
    qtbot.addWidget(table)
    table.show_result(result(0.9, 0.94))
    table.show()

    def visible() -> list[str]:
        return [label.text() for label in table.findChildren(QLabel) if label.isVisible()]

    assert "Error in the number of cells" in visible()
    assert "Jaccard index" not in visible()
    table.show_all(True)
    assert "Jaccard index" in visible()
