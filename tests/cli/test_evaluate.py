from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

WritePicture = Callable[..., tuple[Path, NDArray[np.bool_]]]


@pytest.fixture
def pairs(picture: WritePicture, tmp_path: Path) -> tuple[Path, Path]:
    (tmp_path / "masks").mkdir()
    for index in range(6):
        path, cells = picture(f"f{index}.png")
        Image.fromarray(cells * np.uint8(255)).save(tmp_path / "masks" / path.name)
    return tmp_path / "pictures", tmp_path / "masks"


def test_models_and_methods_beside_each_other(bcseg: Any, pairs: tuple[Path, Path], tmp_path: Path) -> None:
    images, masks = pairs
    outcome = bcseg(
        "evaluate", "--images", images, "--masks", masks, "--model", "dark", "--method", "otsu",
        "--json", tmp_path / "scores.json",
    )  # fmt: skip
    assert (outcome.code, outcome.err) == (0, "")
    assert "otsu" in outcome.out
    assert "dark" in outcome.out
    methods = json.loads((tmp_path / "scores.json").read_text())["methods"]
    assert set(methods) == {"otsu", "dark"}
    for figures in methods.values():
        assert figures["dice"] == figures["jaccard"] == figures["object_f1"] == 1
        assert figures["count_error"] == 0
        assert len(figures["images"]) == 6
    assert methods["otsu"]["loss"] is None
    assert 0 < methods["dark"]["loss"] < 0.1


def test_the_test_pictures_alone(bcseg: Any, pairs: tuple[Path, Path], tmp_path: Path) -> None:
    images, masks = pairs
    bcseg("evaluate", "--images", images, "--masks", masks, "--test-pictures", "--json", tmp_path / "scores.json")
    (figures,) = json.loads((tmp_path / "scores.json").read_text())["methods"].values()
    assert [score["name"] for score in figures["images"]] == ["f4.png"]


def test_folders_without_pairs_are_said(bcseg: Any, tmp_path: Path) -> None:
    outcome = bcseg("evaluate", "--images", tmp_path, "--masks", tmp_path / "none", "--method", "otsu")
    assert outcome.code == 1
    assert "is not a folder" in outcome.err


def test_a_pair_that_cannot_be_used_is_said_and_the_others_are_scored(bcseg: Any, pairs: tuple[Path, Path]) -> None:
    images, masks = pairs
    Image.new("L", (3, 3)).save(masks / "f2.png")
    (images / "f4.png").write_bytes(b"no picture")
    outcome = bcseg("evaluate", "--images", images, "--masks", masks, "--method", "otsu")
    assert outcome.code == 1
    assert "f2.png" in outcome.err
    assert "f4.png" in outcome.err
    assert "4 pictures" in outcome.out
