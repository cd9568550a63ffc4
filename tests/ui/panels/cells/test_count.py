from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from bcseg_gui.session.cells import CellCounts
from bcseg_gui.ui.panels.cells.count import CellsPanel


@pytest.fixture
def panel(qtbot: QtBot) -> CellsPanel:
    panel = CellsPanel()
    qtbot.addWidget(panel)
    panel.resize(190, 200)
    panel.show()
    return panel


@pytest.mark.parametrize(
    ("counts", "number", "caption"),
    [
        (CellCounts(), "–", "not segmented yet"),
        (CellCounts({}), "0", "cells"),
        (CellCounts({3: 1}), "1", "cell"),
        (CellCounts({1: 1200, 2: 34}), "1\u202f234", "cells"),
        (CellCounts({1: 1}, in_view=True), "1", "cell in view"),
        (CellCounts({1: 2}, in_view=True), "2", "cells in view"),
        (CellCounts(too_much_in_view=True), "–", "Zoom in to count the cells in view"),
    ],
)
def test_the_cells_of_all_classes_are_shown(panel: CellsPanel, counts: CellCounts, number: str, caption: str) -> None:
    panel.show_counts(counts)
    assert (panel.text, panel.caption) == (number, caption)


def test_an_interrupted_segmentation_is_shown(panel: CellsPanel) -> None:
    assert panel.unfinished == ""
    height = panel.sizeHint().height()
    panel.show_unfinished(40)
    assert "40 %" in panel.unfinished
    assert panel.sizeHint().height() > height
    panel.show_unfinished(None)
    assert panel.unfinished == ""
    assert panel.sizeHint().height() == height
