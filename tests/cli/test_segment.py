from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bcseg_gui.cli import models, progress
from bcseg_gui.cli.progress import TimeLeft
from bcseg_gui.compute.pace import Pace
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.formats import mask_picture
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import Mask, MaskEdit
from bcseg_gui.core.slides.picture import PictureSlide
from bcseg_gui.core.synthetic.smear import make_smear

WritePicture = Callable[..., tuple[Path, NDArray[np.bool_]]]


def test_writes_a_mask_of_the_cells(bcseg: Any, picture: WritePicture, tmp_path: Path) -> None:
    path, cells = picture()
    outcome = bcseg("segment", path, "--output", tmp_path / "out", "--engine", "torch", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    line = json.loads(outcome.out)
    assert line["input"] == str(path)
    assert line["output"] == str(tmp_path / "out" / "field.png")
    assert (line["width"], line["height"], line["cells"], line["model"]) == (160, 96, 2, "dark")
    assert (line["engine"], line["cell_diameter"], "page" in line) == ("torch", 24.0, False)
    with Image.open(line["output"]) as mask:
        assert mask.mode == "L"
        np.testing.assert_array_equal(np.asarray(mask), cells * np.uint8(255))


def test_the_fastest_engine_finds_what_the_reference_finds(bcseg: Any, picture: WritePicture, tmp_path: Path) -> None:
    path, _ = picture()
    lines = {}
    for engine in ("auto", "torch", "openvino"):
        outcome = bcseg("segment", path, "--output", tmp_path / engine, "--engine", engine, "--json")
        assert (outcome.code, outcome.err) == (0, "")
        lines[engine] = json.loads(outcome.out)
    assert lines["torch"]["engine"] == "torch"
    assert lines["openvino"]["engine"].startswith("openvino-")
    masks = {engine: np.asarray(Image.open(line["output"])) for engine, line in lines.items()}
    for mask in masks.values():
        assert np.mean(mask == masks["torch"]) > 0.999


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
    assert bcseg("segment", picture()[0], "--output", tmp_path, "--splitting", "1.5").code == 2
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
        assert mask.level_dimensions[:2] == ((2100, 96), (1050, 48))
        found = np.asarray(mask.read_region((0, 0), 0, (2100, 96)))[..., 0] > 0
    np.testing.assert_array_equal(found, cells)


# -- large slides -----------------------------------------------------------------------------------------------------

LONG = 9000, 220
RADIUS = 48


@pytest.fixture
def long_slide(tmp_path: Path) -> tuple[Path, NDArray[np.bool_]]:
    """Three blocks at a cell diameter of 96 px, cells in all but the right third; and where the cells are."""
    y, x = np.mgrid[: LONG[1], : LONG[0]]
    cells = np.zeros(x.shape, np.bool_)
    for at in range(200, 5600, 400):
        cells |= np.hypot(x - at, y - 110) < RADIUS
    path = tmp_path / "pictures" / "long.png"
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(np.where(cells[..., None], np.uint8(40), np.uint8(235)).repeat(3, 2)).save(path)
    return path, cells


@pytest.fixture
def segment_long(bcseg: Any, long_slide: tuple[Path, NDArray[np.bool_]], tmp_path: Path) -> Callable[..., Any]:
    def run(*options: object, output: str = "out") -> Any:
        words = ("segment", long_slide[0], "--output", tmp_path / output, "--cell-diameter", 2 * RADIUS, "--json")
        return bcseg(*words, *options)

    return run


@pytest.fixture
def blocks(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The blocks that were finished; `stop_after` interrupts."""
    finished: list[Any] = []
    finish = MaskEdit.finish_block

    def finish_block(edit: MaskEdit, region: Any) -> None:
        finish(edit, region)
        finished.append(region)
        if len(finished) == 1 and os.environ.get("STOP"):
            raise KeyboardInterrupt

    monkeypatch.setattr(MaskEdit, "finish_block", finish_block)
    return finished


def test_what_is_empty_is_left_out_unless_all_is_wanted(
    segment_long: Any, long_slide: tuple[Path, NDArray[np.bool_]], tmp_path: Path, blocks: list[Any]
) -> None:
    line = json.loads(segment_long().out)
    assert line["skipped"] == pytest.approx(1 / 3, abs=0.01)
    assert (line["cells"], len(blocks)) == (14, 2)
    found = np.asarray(Image.open(tmp_path / "out" / "long.png")) > 0
    assert np.mean(found == long_slide[1]) > 0.995
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["long.png"], "nothing of the work is left"
    whole = json.loads(segment_long("--no-skip-empty", output="whole").out)
    assert ("skipped" in whole, whole["cells"], len(blocks)) == (False, 14, 5)
    assert (tmp_path / "whole" / "long.png").read_bytes() == (tmp_path / "out" / "long.png").read_bytes()


@pytest.mark.parametrize("method", [(), ("--method", "watershed")], ids=["model", "watershed"])
def test_an_interrupted_slide_is_gone_on_with(
    segment_long: Any, tmp_path: Path, blocks: list[Any], monkeypatch: pytest.MonkeyPatch, method: tuple[str, ...]
) -> None:
    segment_long(*method, output="whole")
    whole, count = (tmp_path / "whole" / "long.png").read_bytes(), len(blocks)
    blocks.clear()
    with monkeypatch.context() as patch:
        patch.setenv("STOP", "1")
        outcome = segment_long(*method)
    assert outcome.code == 130
    assert outcome.err == "Stopped. The same command goes on with what is not finished.\n"
    assert (tmp_path / "out" / "long.partial").is_dir()
    assert segment_long(*method).code == 0
    assert len(blocks) == count, "none was computed again"
    assert (tmp_path / "out" / "long.png").read_bytes() == whole
    assert not (tmp_path / "out" / "long.partial").exists()


@pytest.mark.parametrize("changed", [("--threshold", "0.6"), ("--splitting", "0.6")])
def test_another_command_starts_anew(
    segment_long: Any, blocks: list[Any], monkeypatch: pytest.MonkeyPatch, changed: tuple[str, ...]
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("STOP", "1")
        segment_long()
    blocks.clear()
    assert segment_long(*changed).code == 0
    assert len(blocks) == 2


@pytest.mark.parametrize("left", ["of another slide", "damaged", "empty"])
def test_work_that_cannot_be_gone_on_with_is_thrown_away(segment_long: Any, tmp_path: Path, left: str) -> None:
    folder = tmp_path / "out" / "long.partial"
    folder.mkdir(parents=True)
    if left == "of another slide":
        Mask.open(folder / "mask.sqlite", (5000, 5000)).close()
    else:
        (folder / "mask.sqlite").write_bytes(b"no mask" * (left == "damaged"))
    assert segment_long().code == 0
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["long.png"]


@pytest.mark.usefixtures("blocks")
def test_work_that_another_program_has_open_is_left_alone(
    segment_long: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("STOP", "1")
        segment_long()
    mask = tmp_path / "out" / "long.partial" / "mask.sqlite"
    monkeypatch.setattr("bcseg_gui.core.masks.storage.maskfile.SECONDS_TO_WAIT", 0.0)
    with closing(sqlite3.connect(mask, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        outcome = segment_long()
    assert outcome.code == 1
    assert "in use by another program" in outcome.err
    assert mask.exists()


@pytest.fixture
def damage(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], None]:
    """`damage(x, y)`: of a picture, what holds this level-0 pixel cannot be read from now on; its overview can."""
    read = PictureSlide._read

    def begin(x: int, y: int) -> None:
        def damaged(slide: PictureSlide, location: Any, level: int, size: Any) -> NDArray[np.uint8]:
            w, h = (round(length * slide.level_downsamples[level]) for length in size)
            if w < slide.dimensions[0] - 100 and Region(*location, w, h).intersected(Region(x, y, 1, 1)).area:
                raise UserError("A part of “{path}” cannot be read.", path=slide.path)
            return read(slide, location, level, size)

        monkeypatch.setattr(PictureSlide, "_read", damaged)

    return begin


@pytest.mark.parametrize("method", [(), ("--method", "watershed")], ids=["model", "watershed"])
def test_what_can_be_read_is_written_and_the_rest_is_told(
    segment_long: Any,
    long_slide: tuple[Path, NDArray[np.bool_]],
    tmp_path: Path,
    blocks: list[Any],
    damage: Callable[[int, int], None],
    method: tuple[str, ...],
) -> None:
    whole = json.loads(segment_long(*method, output="whole").out)
    count = len(blocks)
    damage(200, 110)
    outcome = segment_long(*method)
    assert outcome.code == 1
    assert len(outcome.err.splitlines()) == 1
    assert f"1 of {count} parts" in outcome.err
    line = json.loads(outcome.out)
    assert line["unread"] == 1
    assert 0 < line["cells"] < whole["cells"]
    found = np.asarray(Image.open(tmp_path / "out" / "long.png")) > 0
    assert not found[:, :300].any()
    assert np.mean(found[:, 4500:] == long_slide[1][:, 4500:]) > 0.99
    damage(-1, -1)
    blocks.clear()
    line = json.loads(segment_long(*method).out)
    assert ("unread" in line, line["cells"], len(blocks)) == (False, whole["cells"], 1), "the rest was kept"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["long.png"]
    assert (tmp_path / "out" / "long.png").read_bytes() == (tmp_path / "whole" / "long.png").read_bytes()


def test_of_a_photograph_what_can_be_read_is_written(
    bcseg: Any, tmp_path: Path, damage: Callable[[int, int], None]
) -> None:
    path = tmp_path / "field.png"
    Image.fromarray(make_smear(1400, 1000, seed=1, cell_diameter=24, density=0.2).image).save(path)
    damage(1390, 990)
    outcome = bcseg("segment", path, "--output", tmp_path / "out", "--method", "watershed", "--cell-diameter", 24)
    assert outcome.code == 1
    assert "field.png: " in outcome.out
    assert "could not be read, so no cells were looked for there" in outcome.err
    found = np.asarray(Image.open(tmp_path / "out" / "field.png")) > 0
    assert found[:400, :600].any()


def test_a_slide_stopped_before_anything_is_finished_leaves_nothing(
    segment_long: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(MaskEdit, "predict", stop)
    other = tmp_path / "out" / "other.partial"
    other.mkdir(parents=True)
    outcome = segment_long()
    assert (outcome.code, outcome.err) == (130, "Stopped.\n")
    assert list((tmp_path / "out").iterdir()) == [other]


def test_what_a_killed_command_left_half_written_is_removed(bcseg: Any, picture: WritePicture, tmp_path: Path) -> None:
    half_written, of_another = (tmp_path / "out" / f".{name}.png-0a1b2c3d.tmp" for name in ("field", "other"))
    for folder in (half_written, of_another):
        folder.mkdir(parents=True)
        (folder / "mask.png").touch()
    assert bcseg("segment", picture()[0], "--output", tmp_path / "out").code == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [of_another.name, "field.png"]


KILLED = """
import sys
from bcseg_gui.cli.main import main
from bcseg_gui.core.masks import MaskEdit

finish = MaskEdit.finish_block

def finish_block(edit, region):
    finish(edit, region)
    print("a block is finished", flush=True)

MaskEdit.finish_block = finish_block
main()
"""


def test_a_killed_command_goes_on_where_it_was(
    segment_long: Any,
    long_slide: tuple[Path, NDArray[np.bool_]],
    shipped_models: Path,
    tmp_path: Path,
    blocks: list[Any],
) -> None:
    segment_long(output="whole")
    blocks.clear()
    words = ["segment", long_slide[0], "--output", tmp_path / "out", "--cell-diameter", 2 * RADIUS, "--json"]
    command = [sys.executable, "-c", KILLED, *words, "--model", shipped_models / "dark"]
    with subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "a block is finished\n"
        program.kill()
    assert segment_long().code == 0
    assert len(blocks) <= 1
    assert (tmp_path / "out" / "long.png").read_bytes() == (tmp_path / "whole" / "long.png").read_bytes()


def test_a_region_of_a_large_slide_is_cut_out(
    segment_long: Any, long_slide: tuple[Path, NDArray[np.bool_]], tmp_path: Path
) -> None:
    line = json.loads(segment_long("--region", "300,10,4300,200").out)
    assert (line["region"], line["width"]) == ([300, 10, 4300, 200], 4300)
    found = np.asarray(Image.open(tmp_path / "out" / "long.png")) > 0
    assert np.mean(found == long_slide[1][10:210, 300:4600]) > 0.995


def test_a_page_of_a_file_with_several(bcseg: Any, tmp_path: Path) -> None:
    path = tmp_path / "pages.tif"
    pages = [Image.new("RGB", (160, 96), (235, 235, 235)), Image.new("RGB", (90, 80), (235, 235, 235))]
    pages[0].save(path, save_all=True, append_images=pages[1:])
    outcome = bcseg("segment", path, "--output", tmp_path / "out", "--page", 2, "--json")
    line = json.loads(outcome.out)
    assert (line["width"], line["height"], Path(line["output"]).name) == (90, 80, "pages-page2.png")
    assert line["page"] == 2
    assert json.loads(bcseg("segment", path, "--output", tmp_path / "out", "--json").out)["page"] == 1
    outcome = bcseg("segment", path, "--output", tmp_path / "out", "--page", 3)
    assert outcome.code == 1
    assert "no page 3" in outcome.err


def test_the_time_left_counts_what_was_computed_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]

    class Stopwatch(Pace):
        def __init__(self) -> None:
            self.began = clock[0]

        @property
        def seconds(self) -> float:
            return clock[0] - self.began

    monkeypatch.setattr(progress, "Pace", Stopwatch)
    left = TimeLeft(3)
    assert left.at(0.5) is None, "half was done by an earlier run"
    clock[0] = 10
    assert left.at(0.6) == pytest.approx(40 + 2 * 50)
    clock[0] = 50
    left.end()
    assert left.at(0.0) is None
    clock[0] = 60
    assert left.at(0.5) == pytest.approx(10 + (50 + 20) / 2)
    left.end()
    left.end()
