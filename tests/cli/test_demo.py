from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bcseg_gui.cli import demo
from bcseg_gui.cli.main import main
from bcseg_gui.core.synthetic.smear import make_smear
from model.checkpoint import new_model, save_model
from model.info import ModelInfo


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two small sample slides and an untrained model in place of those that ship."""
    folder = tmp_path / "resources"
    (folder / "samples").mkdir(parents=True)
    for seed, name in enumerate(("first", "second")):
        smear = make_smear(120, 90, seed, cell_diameter=20.0)
        Image.fromarray(smear.image).save(folder / "samples" / f"{name}.png")
    info = ModelInfo("tiny", "ternausnet11", num_filters=1, cell_diameter=20.0, source_cell_diameter=20.0)
    save_model(new_model(info, seed=6), folder / "weights" / "tiny")  # one that says both cell and background
    monkeypatch.setattr(demo, "resource", folder.joinpath)
    return folder


def run_demo(monkeypatch: pytest.MonkeyPatch, output: Path) -> None:
    monkeypatch.setattr(sys, "argv", ["bcseg", "demo", "--output", str(output)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0


def test_segments_the_samples_draws_them_and_exports_pairs(
    shipped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out"
    run_demo(monkeypatch, output)
    run_demo(monkeypatch, output)  # a second run replaces the first

    said = capsys.readouterr().out
    for name in ("first", "second"):
        mask = np.asarray(Image.open(output / "masks" / f"{name}.png"))
        assert mask.shape == (90, 120)
        assert set(np.unique(mask)) == {0, 255}
        with Image.open(output / "overlays" / f"{name}.png") as overlay:
            assert (overlay.mode, overlay.size) == ("RGB", (120, 90))
        assert str(output / "overlays" / f"{name}.png") in said
        (pair,) = (output / "pairs" / "masks").glob(f"{name}-*.png")
        assert np.array_equal(np.asarray(Image.open(pair)), mask)
    assert str(output / "pairs") in said
    assert len(json.loads((output / "pairs" / "manifest.json").read_text())["pairs"]) == 2
    assert sorted(path.name for path in (shipped / "samples").iterdir()) == ["first.png", "second.png"]
