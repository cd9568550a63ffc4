"""Kill the program at any moment: every finished stroke is there again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import MANUAL
from bcseg_gui.ui.main_window import MainWindow

ROOT = Path(__file__).resolve().parents[2]
FIRST, APART = 20, 12


@pytest.mark.parametrize("strokes", [1, 7])
def test_killed_program_loses_no_finished_stroke(qtbot: QtBot, run_main, fields: Path, strokes: int) -> None:
    picture = fields / "field0.png"
    command = [sys.executable, str(Path(__file__).with_name("kill_driver.py")), str(picture)]
    with subprocess.Popen(command, cwd=ROOT, env=_environment(), stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        for line in program.stdout:
            if int(line) >= strokes:
                break
        program.kill()

    def script(window: MainWindow) -> None:
        qtbot.waitUntil(lambda: window.session.document is not None, timeout=60_000)
        document = window.session.document
        edits = document.mask.edits()
        assert len(edits) >= strokes
        for number in range(strokes):
            pixel = document.mask.read(Region(70, FIRST + APART * number, 1, 1))[0, 0]
            assert pixel == 1 | MANUAL, f"stroke {number}"
        for _ in edits:
            document.undo()
        assert not document.mask.read(document.whole).any(), "the history came back too"

    run_main([str(picture)], script)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}
