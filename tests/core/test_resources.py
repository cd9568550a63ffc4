from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bcseg_gui.core import resources
from bcseg_gui.core.resources import resource


def test_finds_what_ships_in_a_checkout() -> None:
    assert resource("translations", "fr", "LC_MESSAGES", "bcseg.mo").is_file()
    assert resource().is_dir()


@pytest.mark.parametrize("place", ["bcseg_gui/resources", "resources"], ids=["wheel or bundle", "checkout or bundle"])
def test_finds_them_where_an_installation_puts_them(tmp_path: Path, place: str) -> None:
    source = Path(resources.__file__)
    package = tmp_path / "bcseg_gui"
    (package / "core").mkdir(parents=True)
    shutil.copy(source, package / "core")
    (tmp_path / place / "weights").mkdir(parents=True)
    for folder in (package, package / "core"):
        (folder / "__init__.py").touch()

    command = "from bcseg_gui.core.resources import resource; print(resource('weights'))"
    answer = subprocess.run([sys.executable, "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert Path(answer.stdout.strip()) == (tmp_path / place / "weights").resolve()
