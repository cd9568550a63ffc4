"""The real program: its `main()`, its window, its compute process; only the model is a tiny one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from bcseg_gui import app
from bcseg_gui.core.resources import resource
from bcseg_gui.core.synthetic.smear import make_smear
from bcseg_gui.ui.main_window import MainWindow
from tests.waiting import LIMIT

ROOT = Path(__file__).resolve().parents[2]
DIAMETER = 42.0

# In a process of its own, because the window's process must not have torch in it.
BUILD_MODEL = """
import sys
from pathlib import Path
import torch
from model.checkpoint import new_model, save_model
from model.info import ModelInfo

model = new_model(
    ModelInfo("tiny", "ternausnet11", num_filters=1, cell_diameter=21.0, source_cell_diameter=42.0), seed=1
)
with torch.no_grad():  # untrained, it takes everything for a cell: there is something to correct
    model.network.final.weight.zero_()
    model.network.final.bias.fill_(1.0)
save_model(model, Path(sys.argv[1]))
"""


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of bundled models that holds one, “tiny”."""
    folder = tmp_path_factory.mktemp("weights")
    subprocess.run([sys.executable, "-c", BUILD_MODEL, str(folder / "tiny")], cwd=ROOT, check=True, timeout=LIMIT)
    return folder


@pytest.fixture
def fields(tmp_path: Path) -> Path:
    """A folder of small generated fields."""
    folder = tmp_path / "ward"
    folder.mkdir()
    for number in range(3):
        image = make_smear(320, 256, seed=number, cell_diameter=DIAMETER).image
        cv2.imwrite(str(folder / f"field{number}.png"), image[..., ::-1])
    return folder


@pytest.fixture
def run_main(
    qtbot: QtBot, qapp: QApplication, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[list[str], Callable[[MainWindow], None]], None]]:
    """`run_main(argv, script)` runs the real `main(argv)`; instead of its event loop the script drives the window."""

    def own_resource(*parts: str) -> Path:
        return weights if parts == ("weights",) else resource(*parts)

    def run(argv: list[str], script: Callable[[MainWindow], None]) -> None:
        def drive() -> int:
            window = next(widget for widget in qapp.topLevelWidgets() if isinstance(widget, MainWindow))
            try:
                with qtbot.waitActive(window):
                    window.activateWindow()
                script(window)
            finally:
                window.close()
                window.deleteLater()
                QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
            return 0

        monkeypatch.setattr(QApplication, "exec", staticmethod(drive))
        assert app.main(argv) == 0

    monkeypatch.setattr(app, "resource", own_resource)
    monkeypatch.setattr(app, "start_log", lambda: None)
    # Here an exception shall fail the test, not be told in the message bar.
    monkeypatch.setattr(app.Running, "install_excepthook", lambda self: None)
    yield run
    qapp.setStyleSheet("")
