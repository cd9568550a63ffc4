"""Kill the program at any moment: all that was finished is there again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from bcseg_gui.core.masks import EditState
from bcseg_gui.ui.main_window import MainWindow
from tests.waiting import LIMIT

ROOT = Path(__file__).resolve().parents[2]
DRIVER = Path(__file__).with_name("kill_driver.py")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
ROUNDS = 3


def test_killed_program_loses_no_finished_stroke() -> None:
    """The benchmark, a few rounds of it: it compares every pixel."""
    command = [sys.executable, str(ROOT / "benchmarks" / "kill.py"), str(ROUNDS), "--json"]
    played = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, timeout=LIMIT)
    assert played.returncode == 0, played.stderr
    figures = json.loads(played.stdout)
    assert figures["rounds"] == ROUNDS
    assert figures["operations"] >= ROUNDS
    assert figures["files damaged or wrong"] == figures["finished operations lost"] == 0


@pytest.mark.parametrize("operations", [1, 7])
def test_after_a_kill_the_window_goes_on_where_it_was(qtbot: QtBot, run_main, fields: Path, operations: int) -> None:
    picture = fields / "field0.png"
    command = [sys.executable, str(DRIVER), str(picture), "5"]
    with subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        for line in program.stdout:
            if line.startswith("saved") and int(line.split()[1]) >= operations:
                break
        program.kill()

    def script(window: MainWindow) -> None:
        qtbot.waitUntil(lambda: window.session.document is not None)
        document = window.session.document
        assert document.edits()
        for _ in [edit for edit in document.edits() if edit.state is EditState.DONE]:
            with qtbot.waitSignal(document.saved):
                document.undo()
        assert not document.mask.read(document.whole).any(), "the history came back too"

    run_main([str(picture)], script)
