"""From doubt to doubt by one key, in the real program with a model that finds what is dark."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from bcseg_gui.ui.main_window import MainWindow
from bcseg_gui.ui.panels.gains import GainPanel
from tests.waiting import LIMIT

WRITE_DARK_MODEL = Path(__file__).resolve().parents[1] / "dark_model.py"
SURE, UNSURE, GLASS = 40, 105, 235
"""Grey levels: what the model takes for cells in any light, in the darker one alone, and in none."""


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    folder = tmp_path / "weights"
    subprocess.run([sys.executable, WRITE_DARK_MODEL, folder / "dark"], check=True, timeout=LIMIT)
    return folder


@pytest.fixture
def ward(tmp_path: Path) -> Path:
    """Two pictures: one that the model is sure of, one of which it doubts the right half."""
    folder = tmp_path / "ward"
    folder.mkdir()
    for name, left, right in (("a", SURE, SURE), ("b", SURE, UNSURE)):
        picture = np.full((240, 480, 3), GLASS, np.uint8)
        for x in range(60, 480, 60):
            for y in range(40, 240, 60):
                cv2.circle(picture, (x, y), 12, (left if x < 240 else right,) * 3, -1)
        cv2.imwrite(str(folder / f"{name}.png"), picture)
    return folder


def test_ctrl_j_leads_to_what_the_model_doubts(qtbot: QtBot, run_main, ward: Path) -> None:
    def drive(window: MainWindow) -> None:
        qtbot.waitUntil(lambda: window.session.document is not None)
        assert window.session.index == 0
        with qtbot.waitSignal(window.session.next_up.ranked):
            QTest.keyClick(window, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
        assert window.session.document.path.stem == "b"
        assert [item.rank for item in window.session.worklist] == [2, 1]
        seen = window.view.visible_region()
        assert seen.x + seen.w / 2 > 240, "the right half, which it doubts"
        qtbot.waitUntil(window.worklist.findChild(GainPanel).isVisible)
        QTest.keyClick(window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda: window.actions_["reviewed"].isEnabled() and not window.session.document.segmenting)
        QTest.keyClick(window, Qt.Key.Key_Return)
        assert window.session.document.path.stem == "a"
        assert [each.done for each in window.session.next_up.suggestions] == [True, False]

    run_main(["--lang", "en", str(ward)], drive)
