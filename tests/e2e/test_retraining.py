"""A retraining that the window is closed on goes on in the next one, in the real program."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from bcseg_gui.core.geometry import Region
from bcseg_gui.core.synthetic.smear import make_smear
from bcseg_gui.session import retraining_plan
from bcseg_gui.ui import messages
from bcseg_gui.ui.dialogs.retrain import RetrainDialog
from bcseg_gui.ui.main_window import MainWindow

ROUNDS = 2


def press(window: MainWindow, text: str) -> None:
    dialog = window.findChild(RetrainDialog)
    next(button for button in dialog.findChildren(QPushButton) if button.text() == text and button.isVisible()).click()


def test_closed_while_it_learns_it_goes_on_in_the_next_window(
    qtbot: QtBot, run_main, fields: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retraining_plan.Plan, "epochs", ROUNDS)
    asked: list[str] = []
    monkeypatch.setattr(messages, "ask", lambda _parent, question, *_answers: asked.append(question) or True)

    def begin_and_leave(window: MainWindow) -> None:
        qtbot.waitUntil(lambda: window.session.document is not None)
        for number in range(3):  # a person draws all cells
            document = window.session.document
            document.begin_stroke("brush", 1)
            document.paint(Region(0, 0, 320, 256), make_smear(320, 256, seed=number, cell_diameter=42.0).mask > 0)
            document.end_stroke()
            window.session.reviewing.mark()
        window.operations.learning.retrain()
        press(window, "Start learning")
        run = window.operations.learning.retraining
        qtbot.waitUntil(lambda: bool(run.epochs))

    def come_back(window: MainWindow) -> None:
        qtbot.waitUntil(lambda: window.session.document is not None)
        assert window.messages.text == "A retraining was interrupted. Press Retrain to go on with it."
        window.operations.learning.retrain()
        run = window.operations.learning.retraining
        assert run.rounds_done == 1
        press(window, "Go on learning")
        qtbot.waitUntil(lambda: run.stage == "result")
        assert [event.epoch for event in run.epochs] == [2]
        report = json.loads((run.version.folder / "report.json").read_text())
        assert [row["epoch"] for row in report["rounds"]] == [1, 2]

    run_main(["--lang", "en", str(fields)], begin_and_leave)
    assert "still learning" in asked[0]
    run_main(["--lang", "en", str(fields)], come_back)
