from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bcseg_gui.core.synthetic.smear import make_smear
from model.checkpoint import new_model, save_model
from model.info import ModelInfo

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
        "evaluate",
        "--images",
        images,
        "--masks",
        masks,
        "--model",
        "dark",
        "--method",
        "otsu",
        "--json",
        tmp_path / "scores.json",
    )
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


@pytest.fixture
def points(pairs: tuple[Path, Path], tmp_path: Path) -> Path:
    """A folder of points for three of the pictures: one in each of the two cells, and one beside them."""
    (tmp_path / "points").mkdir()
    for name in ("f0", "f1", "f2"):
        (tmp_path / "points" / f"{name}.txt").write_text("40 48 0\n110 40 3\n75 90 0\n400 400 0\n")
    return tmp_path / "points"


def test_points_instead_of_masks(bcseg: Any, pairs: tuple[Path, Path], points: Path, tmp_path: Path) -> None:
    outcome = bcseg(
        "evaluate",
        "--images",
        pairs[0],
        "--points",
        points,
        "--method",
        "otsu",
        "--model",
        "dark",
        "--json",
        tmp_path / "scores.json",
    )
    assert (outcome.code, outcome.err) == (0, "")
    assert "3 pictures without a label file were passed over." in outcome.out
    methods = json.loads((tmp_path / "scores.json").read_text())["methods"]
    assert set(methods) == {"otsu", "dark"}
    for figures in methods.values():
        assert (figures["objects"], figures["found"], figures["cells"], figures["blank"]) == (9, 6, 6, 0)
        assert figures["found_share"] == figures["worst_found_share"] == pytest.approx(2 / 3)
        assert figures["images"][0].items() >= {"name": "f0.png", "found": 2}.items()


def test_boxes_instead_of_masks(bcseg: Any, pairs: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "boxes").mkdir()
    box = (
        "<object><name>{}</name><bndbox><xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax></bndbox></object>"
    )
    entries = box.format("RBC", 28, 36, 52, 60) + box.format("RBC", 98, 28, 122, 52) + box.format("WBC", 60, 0, 99, 40)
    (tmp_path / "boxes" / "f0.xml").write_text(f"<annotation>{entries}</annotation>")
    outcome = bcseg(
        "evaluate",
        "--images",
        pairs[0],
        "--boxes",
        tmp_path / "boxes",
        "--method",
        "otsu",
        "--json",
        tmp_path / "scores.json",
    )
    assert (outcome.code, outcome.err) == (0, "")
    figures = json.loads((tmp_path / "scores.json").read_text())["methods"]["otsu"]
    assert (figures["objects"], figures["found"], figures["cells"]) == (1, 1, 2)


@pytest.mark.parametrize(("diameter", "cells"), [(24, 2), (120, 0)])
def test_the_cell_diameter_reaches_what_goes_by_it(
    bcseg: Any, pairs: tuple[Path, Path], points: Path, tmp_path: Path, diameter: int, cells: int
) -> None:
    outcome = bcseg(
        "evaluate",
        "--images",
        pairs[0],
        "--points",
        points,
        "--method",
        "watershed",
        "--method",
        "otsu",
        "--cell-diameter",
        diameter,
        "--json",
        tmp_path / "scores.json",
    )
    assert (outcome.code, outcome.err) == (0, "")
    methods = json.loads((tmp_path / "scores.json").read_text())["methods"]
    first = {name: figures["images"][0] for name, figures in methods.items()}
    assert (first["watershed"]["cells"], first["watershed"]["cell_diameter"]) == (cells, diameter)
    assert (first["otsu"]["cells"], first["otsu"]["cell_diameter"]) == (2, None)


def test_models_of_one_name_have_a_row_each(
    bcseg: Any, shipped_models: Path, pairs: tuple[Path, Path], tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(shipped_models / "dark", copy)
    outcome = bcseg(
        "evaluate",
        "--images",
        pairs[0],
        "--masks",
        pairs[1],
        "--test-pictures",
        "--model",
        "dark",
        "--model",
        copy,
        "--json",
        tmp_path / "scores.json",
    )
    assert (outcome.code, outcome.err) == (0, "")
    assert list(json.loads((tmp_path / "scores.json").read_text())["methods"]) == ["dark", str(copy)]


def test_a_model_of_several_classes_is_measured_on_masks_of_class_numbers(bcseg: Any, tmp_path: Path) -> None:
    save_model(new_model(ModelInfo("two", "ternausnet11", num_filters=2, classes=("a", "b"))), tmp_path / "two")
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
    Image.new("RGB", (64, 64), "white").save(tmp_path / "images" / "1.png")
    truth = np.zeros((64, 64), np.uint8)
    truth[:20, :20], truth[40:, 40:] = 1, 2
    Image.fromarray(truth).save(tmp_path / "masks" / "1.png")
    outcome = bcseg(
        "evaluate",
        "--images",
        tmp_path / "images",
        "--masks",
        tmp_path / "masks",
        "--model",
        tmp_path / "two",
        "--engine",
        "torch",
        "--json",
        tmp_path / "scores.json",
    )
    assert (outcome.code, outcome.err) == (0, "")
    (figures,) = json.loads((tmp_path / "scores.json").read_text())["methods"].values()
    assert figures["images"][0]["true_count"] == 2
    assert "1 picture\n" in outcome.out


def test_every_picture_is_taken_at_its_own_cell_size(bcseg: Any, tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "points").mkdir()
    for diameter in (30, 60):
        smear = make_smear(400, 300, seed=1, cell_diameter=diameter)
        Image.fromarray(smear.image).save(tmp_path / "images" / f"{diameter}.png")
        (tmp_path / "points" / f"{diameter}.txt").write_text("200 150 0")
    words = "--images", tmp_path / "images", "--points", tmp_path / "points", "--method", "watershed"
    outcome = bcseg("evaluate", *words, "--json", tmp_path / "scores.json")
    assert (outcome.code, outcome.err) == (0, "")
    images = json.loads((tmp_path / "scores.json").read_text())["methods"]["watershed"]["images"]
    assert [image["cell_diameter"] for image in images] == [pytest.approx(30, rel=0.15), pytest.approx(60, rel=0.15)]


def test_broken_labels_are_said_and_the_others_are_scored(bcseg: Any, pairs: tuple[Path, Path], points: Path) -> None:
    (points / "f1.txt").write_text("here\n")
    outcome = bcseg("evaluate", "--images", pairs[0], "--points", points, "--method", "otsu")
    assert outcome.code == 1
    assert "f1.txt is “here”" in outcome.err
    assert "2 pictures\n" in outcome.out


def test_a_folder_without_labels_is_said(bcseg: Any, pairs: tuple[Path, Path]) -> None:
    outcome = bcseg("evaluate", "--images", pairs[0], "--boxes", pairs[1], "--method", "otsu")
    assert outcome.code == 1
    assert ".xml" in outcome.err


@pytest.mark.parametrize("truths", [("--masks", "--points"), ()])
def test_one_kind_of_truth_is_given(bcseg: Any, pairs: tuple[Path, Path], truths: tuple[str, ...]) -> None:
    given = [word for option in truths for word in (option, pairs[1])]
    outcome = bcseg("evaluate", "--images", pairs[0], *given, "--method", "otsu")
    assert outcome.code == 2
    assert "--masks, --points" in outcome.err


def test_the_contact_sheet_is_a_picture(bcseg: Any, pairs: tuple[Path, Path], points: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.png"
    for truth in (("--masks", pairs[1]), ("--points", points)):
        outcome = bcseg("evaluate", "--images", pairs[0], *truth, "--method", "otsu", "--sheet", sheet)
        assert (outcome.code, outcome.err) == (0, "")
        with Image.open(sheet) as picture:
            assert picture.format == "PNG"
        sheet.unlink()


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
