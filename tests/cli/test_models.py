from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from bcseg_gui.core.project import Project


def test_import_promote_and_roll_back(bcseg: Any, shipped_models: Path, tmp_path: Path) -> None:
    assert "* dark" in bcseg("models", "list").out
    shutil.copytree(shipped_models / "dark", tmp_path / "mine")
    assert "dark-2" in bcseg("models", "import", tmp_path / "mine").out
    bcseg("models", "promote", "dark-2")
    assert "* dark-2" in bcseg("models", "list").out
    bcseg("models", "rollback")
    assert "* dark " in bcseg("models", "list").out
    assert bcseg("models", "rollback").code == 1


def test_show_tells_network_and_licence(bcseg: Any) -> None:
    shown = bcseg("models", "show", "dark").out
    assert "ternausnet11" in shown
    assert "ours" in shown


def test_a_file_that_is_no_model_is_said(bcseg: Any, tmp_path: Path) -> None:
    (tmp_path / "weights.pt").write_bytes(b"\x80\x02}q\x00.")
    outcome = bcseg("models", "import", tmp_path / "weights.pt")
    assert outcome.code == 1
    assert "is not a model of this program" in outcome.err


def test_the_models_of_a_project_are_its_own(bcseg: Any, shipped_models: Path, tmp_path: Path) -> None:
    Project.create(tmp_path / "Ward7.bcseg").close()
    bcseg("models", "import", shipped_models / "dark", "--project", tmp_path / "Ward7.bcseg")
    assert "dark-2" in bcseg("models", "list", "--project", tmp_path / "Ward7.bcseg").out
    assert "dark-2" not in bcseg("models", "list").out
