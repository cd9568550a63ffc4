from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bcseg_gui.cli import models
from bcseg_gui.core.formats import mask_picture
from bcseg_gui.core.synthetic import make_smear

WritePicture = Callable[..., tuple[Path, NDArray[np.bool_]]]


def test_writes_a_mask_of_the_cells(bcseg: Any, picture: WritePicture, tmp_path: Path) -> None:
    path, cells = picture()
    outcome = bcseg("segment", path, "--output", tmp_path / "out", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    line = json.loads(outcome.out)
    assert line["input"] == str(path)
    assert line["output"] == str(tmp_path / "out" / "field.png")
    assert (line["width"], line["height"], line["cells"], line["model"]) == (160, 96, 2, "dark")
    assert (line["engine"], line["cell_diameter"]) == ("torch", 24.0)
    with Image.open(line["output"]) as mask:
        assert mask.mode == "L"
        np.testing.assert_array_equal(np.asarray(mask), cells * np.uint8(255))


def test_a_folder_is_all_its_pictures_and_one_bad_file_never_stops_the_rest(
    bcseg: Any, picture: WritePicture, tmp_path: Path
) -> None:
    for name in ("a.png", "c.tif", "d.bmp"):
        picture(name)
    bad = tmp_path / "pictures" / "b.png"
    bad.write_bytes(b"no picture")
    outcome = bcseg("segment", tmp_path / "pictures", tmp_path / "absent.png", "--output", tmp_path / "out", "--json")
    assert outcome.code == 1
    lines = [json.loads(line) for line in outcome.out.splitlines()]
    assert ["error" in line for line in lines] == [False, True, False, False, True]
    assert str(bad) in lines[1]["error"]
    assert "Traceback" not in outcome.err
    assert len(outcome.err.splitlines()) == 2
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.png", "c.png", "d.png"]


def test_a_region_is_clipped_and_cut_out(bcseg: Any, picture: WritePicture, tmp_path: Path) -> None:
    path, cells = picture()
    outcome = bcseg("segment", path, "--output", tmp_path, "--region", "90,-10,1000,70", "--json")
    assert json.loads(outcome.out)["region"] == [90, 0, 70, 60]
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "field.png")) > 0, cells[:60, 90:])


@pytest.mark.parametrize(("region", "words"), [("1,2,3", "is not a region"), ("0,0,0,5", "is empty")])
def test_a_region_that_is_none_is_said(
    bcseg: Any, picture: WritePicture, tmp_path: Path, region: str, words: str
) -> None:
    outcome = bcseg("segment", picture()[0], "--output", tmp_path / "out", "--region", region)
    assert outcome.code == 1
    assert words in outcome.err


def test_a_region_beside_the_slide_is_said(bcseg: Any, picture: WritePicture, tmp_path: Path) -> None:
    outcome = bcseg("segment", picture()[0], "--output", tmp_path / "out", "--region", "500,0,10,10")
    assert outcome.code == 1
    assert "lies outside" in outcome.err


def test_wrong_usage_is_exit_code_two(bcseg: Any, picture: WritePicture, tmp_path: Path) -> None:
    assert bcseg("segment", picture()[0]).code == 2
    assert bcseg("segment", picture()[0], "--output", tmp_path, "--threshold", "7").code == 2
    assert bcseg("bake").code == 2


def test_the_source_is_never_overwritten(bcseg: Any, picture: WritePicture) -> None:
    path, _ = picture()
    before = path.read_bytes()
    outcome = bcseg("segment", path, "--output", path.parent)
    assert outcome.code == 1
    assert "would replace the picture" in outcome.err
    assert path.read_bytes() == before


def test_two_pictures_of_one_name_do_not_overwrite_each_other(
    bcseg: Any, picture: WritePicture, tmp_path: Path
) -> None:
    outcome = bcseg("segment", picture("a.png")[0], picture("a.bmp")[0], "--output", tmp_path / "out")
    assert outcome.code == 1
    assert "would write the same mask" in outcome.err
    assert (tmp_path / "out" / "a.png").is_file()


def test_the_cell_diameter_sets_the_working_scale(bcseg: Any, picture: WritePicture, tmp_path: Path) -> None:
    outcome = bcseg("segment", picture()[0], "--output", tmp_path, "--cell-diameter", "48", "--json")
    line = json.loads(outcome.out)
    assert (line["cell_diameter"], line["cells"]) == (48.0, 2)


def test_without_a_diameter_the_picture_tells_it(bcseg: Any, tmp_path: Path) -> None:
    path = tmp_path / "smear.png"
    Image.fromarray(make_smear(480, 360, seed=1, cell_diameter=40, density=0.2).image).save(path)
    line = json.loads(bcseg("segment", path, "--output", tmp_path / "masks", "--json").out)
    assert line["cell_diameter"] == pytest.approx(40, rel=0.15)


def test_a_model_that_is_not_there_is_said(bcseg: Any, picture: WritePicture, tmp_path: Path) -> None:
    outcome = bcseg("segment", picture()[0], "--output", tmp_path, "--model", "unknown")
    assert outcome.code == 1
    assert "There is no model “unknown”" in outcome.err


def test_a_method_needs_no_model(
    bcseg: Any, picture: WritePicture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, cells = picture()
    monkeypatch.setattr(models, "resource", lambda name: tmp_path / "no models")
    outcome = bcseg("segment", path, "--output", tmp_path, "--method", "watershed", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    line = json.loads(outcome.out)
    assert (line["model"], line["engine"], line["cells"]) == ("watershed", "opencv", 2)
    assert line["cell_diameter"] == pytest.approx(24, abs=2)
    found = np.asarray(Image.open(tmp_path / "field.png")) > 0
    assert np.mean(found == cells) > 0.99


def test_a_model_and_a_method_are_too_much(bcseg: Any, picture: WritePicture, tmp_path: Path) -> None:
    outcome = bcseg("segment", picture()[0], "--output", tmp_path, "--method", "watershed", "--model", "dark")
    assert outcome.code == 1
    assert len(outcome.err.splitlines()) == 1
    assert "either --model or --method" in outcome.err
    assert bcseg("segment", picture()[0], "--output", tmp_path, "--method", "guessing").code == 2


def test_a_large_slide_becomes_a_pyramid(
    bcseg: Any, picture: WritePicture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import openslide

    monkeypatch.setattr(mask_picture, "LARGEST_PNG_SIDE", 1000)
    path, cells = picture(width=2100, height=96)
    assert bcseg("segment", path, "--output", tmp_path).code == 0
    with openslide.OpenSlide(tmp_path / "field.tif") as mask:
        assert mask.level_dimensions == ((2100, 96), (1050, 48))
        found = np.asarray(mask.read_region((0, 0), 0, (2100, 96)))[..., 0] > 0
    np.testing.assert_array_equal(found, cells)
