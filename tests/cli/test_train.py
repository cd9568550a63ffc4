from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

WritePicture = Callable[..., tuple[Path, NDArray[np.bool_]]]


def test_trains_a_model_that_segments_then(bcseg: Any, picture: WritePicture, tmp_path: Path) -> None:
    masks = tmp_path / "masks"
    masks.mkdir()
    for index in range(3):
        path, cells = picture(f"f{index}.png")
        Image.fromarray(cells * np.uint8(255)).save(masks / path.name)
    outcome = bcseg(
        "train", "--images", path.parent, "--masks", masks, "--output", tmp_path / "grown", "--from", "dark",
        "--epochs", "1",
    )  # fmt: skip
    assert (outcome.code, outcome.err) == (0, "")
    assert "Learning from 2 pairs, testing on 1." in outcome.out
    info = json.loads((tmp_path / "grown" / "model.json").read_text())
    assert (info["name"], info["parent"], info["architecture"]) == ("grown", "dark", "ternausnet11")
    assert (tmp_path / "grown" / "history.csv").is_file()

    assert bcseg("models", "import", tmp_path / "grown").code == 0
    outcome = bcseg("segment", path, "--output", tmp_path / "out", "--model", "grown", "--json")
    assert json.loads(outcome.out)["model"] == "grown"


def test_encoder_weights_that_are_not_there_are_said(bcseg: Any, picture: WritePicture, tmp_path: Path) -> None:
    path, _ = picture("a.png")
    picture("b.png")
    outcome = bcseg(
        "train", "--images", path.parent, "--masks", path.parent, "--output", tmp_path / "new",
        "--encoder-weights", tmp_path / "vgg.safetensors",
    )  # fmt: skip
    assert outcome.code == 1
    assert "vgg.safetensors" in outcome.err
