from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from bcseg_gui.core.project import Project
from model.checkpoint import load_model


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


def test_figures_are_told_in_words(bcseg: Any, shipped_models: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(shipped_models / "dark", tmp_path / "measured")
    info = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(info | {"metrics": {"object_f1": 0.9, "new_figure": 0.5}}))
    bcseg("models", "import", folder, "--name", "measured")
    shown = bcseg("models", "show", "measured").out
    assert re.search(r"^F1 score of whole cells +0\.9000$", shown, re.M)
    assert re.search(r"^new_figure +0\.5000$", shown, re.M)


@pytest.fixture
def foreign(shipped_models: Path, tmp_path: Path) -> Path:
    """The network "dark" as the package `ternausnet` would have saved it."""
    network = load_model(shipped_models / "dark").network
    state = network.state_dict()
    state |= {f"encoder.{index}": state[ours] for ours, index in network.vgg_names().items()}
    torch.save(state, tmp_path / "UNet11.pt")
    return tmp_path / "UNet11.pt"


def test_weights_of_the_reference_implementation_segment(
    bcseg: Any, foreign: Path, picture: Callable[[], tuple[Path, object]], tmp_path: Path
) -> None:
    outcome = bcseg("models", "import", foreign, "--cell-diameter", "24", "--licence", "theirs")
    assert (outcome.code, outcome.err) == (0, "")
    assert "Imported as UNet11: ternausnet11, deconv decoder of width 1; it finds cell." in outcome.out
    assert "cells 24 px wide" in outcome.out
    shown = bcseg("models", "show", "UNet11").out
    assert "theirs" in shown
    assert "24 px in the network" in shown
    path, _ = picture()
    found = bcseg("segment", path, "--output", tmp_path / "out", "--model", "UNet11", "--json").out
    assert json.loads(found)["cells"] == 2


def test_what_the_file_does_not_say_can_be_told(bcseg: Any, foreign: Path, own_home: Path) -> None:
    prepared = "--mean", "0", "0", "0", "--std", "1", "1", "1"
    outcome = bcseg(
        "models", "import", foreign, "--name", "mine", "--cell-diameter", "60", "--class", "red cell", *prepared
    )
    assert "The file does not say" not in outcome.out
    (written,) = own_home.rglob("mine/model.json")
    info = json.loads(written.read_text())
    assert (info["cell_diameter"], info["source_cell_diameter"], info["classes"]) == (60, 60, ["red cell"])
    assert (info["mean"], info["std"]) == ([0, 0, 0], [1, 1, 1])


def test_a_file_that_is_no_model_is_said_and_leaves_nothing(bcseg: Any, own_home: Path, tmp_path: Path) -> None:
    (tmp_path / "weights.pt").write_bytes(b"\x80\x02}q\x00.")
    outcome = bcseg("models", "import", tmp_path / "weights.pt")
    assert (outcome.code, outcome.out) == (1, "")
    assert "weights.pt is damaged, or was not written by torch.save" in outcome.err
    assert not [path for path in own_home.rglob("*") if path.is_file() or path.name.endswith(".tmp")]


@pytest.mark.parametrize("words", [("--mean", "0", "0", "0"), ("--class", "red"), ("--cell-diameter", "50")])
def test_a_model_folder_says_for_itself(bcseg: Any, shipped_models: Path, words: tuple[str, ...]) -> None:
    outcome = bcseg("models", "import", shipped_models / "dark", *words)
    assert outcome.code == 1
    assert "says all this itself" in outcome.err


@pytest.mark.parametrize("words", [(), ("--cell-diameter", "40")])
def test_a_file_that_is_not_there_is_said(bcseg: Any, tmp_path: Path, words: tuple[str, ...]) -> None:
    outcome = bcseg("models", "import", tmp_path / "missing.pt", *words)
    assert outcome.code == 1
    assert "missing.pt” does not exist" in outcome.err


def test_colours_are_not_divided_by_zero(bcseg: Any, foreign: Path) -> None:
    outcome = bcseg("models", "import", foreign, "--std", "1", "0", "1")
    assert outcome.code == 1
    assert "--std must be above 0" in outcome.err


def test_the_models_of_a_project_are_its_own(bcseg: Any, shipped_models: Path, tmp_path: Path) -> None:
    Project.create(tmp_path / "Ward7.bcseg").close()
    bcseg("models", "import", shipped_models / "dark", "--project", tmp_path / "Ward7.bcseg")
    assert "dark-2" in bcseg("models", "list", "--project", tmp_path / "Ward7.bcseg").out
    assert "dark-2" not in bcseg("models", "list").out
