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
def pictures(picture: WritePicture) -> tuple[Path, Path]:
    """One with dark cells, and one with cells as dark as the model just takes for cells, or does not."""
    (sure, _), (unsure, cells) = picture("sure.png"), picture("unsure.png", 480, 96)
    Image.fromarray(np.where(cells[..., None], np.uint8(105), np.uint8(235)).repeat(3, 2)).save(unsure)
    return sure, unsure


def test_the_doubtful_picture_comes_first_and_its_place_is_told(bcseg: Any, pictures: tuple[Path, Path]) -> None:
    sure, unsure = pictures
    outcome = bcseg("rank", sure.parent, "--engine", "torch", "--cell-diameter", 24, "--json")
    assert (outcome.code, outcome.err) == (0, "")
    first, second = map(json.loads, outcome.out.splitlines())
    assert (first["rank"], first["input"], second["input"]) == (1, str(unsure), str(sure))
    assert first["gain"] > 0.9 > 0.1 > second["gain"]
    assert first["spots"] == [[0, 0, 120, 96]], "the others are empty glass, but for a sliver"


def test_in_words_a_line_a_picture(bcseg: Any, pictures: tuple[Path, Path]) -> None:
    outcome = bcseg("rank", *pictures, "--engine", "torch")
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert [line.split()[2] for line in lines] == ["unsure.png", "sure.png"]
    assert lines[0].split()[0] == "1"


def test_a_picture_given_twice_counts_once(bcseg: Any, pictures: tuple[Path, Path]) -> None:
    outcome = bcseg("rank", pictures[0], pictures[0].parent, pictures[0], "--engine", "torch")
    assert outcome.code == 0
    assert len(outcome.out.splitlines()) == 2


def test_what_cannot_be_read_is_told_and_the_others_are_ranked(
    bcseg: Any, pictures: tuple[Path, Path], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    outcome = bcseg("rank", broken, tmp_path / "gone.png", *pictures, "--engine", "torch")
    assert outcome.code == 1
    assert "broken.png" in outcome.err
    assert "gone.png" in outcome.err
    assert len(outcome.out.splitlines()) == 2
