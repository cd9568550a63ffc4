"""A task in a process of its own, and what an earlier version left unfinished."""

from __future__ import annotations

import json
import multiprocessing
import pickle
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bcseg_gui.cli.main import main
from bcseg_gui.compute.segmenting.slide import Segmented, run_task
from bcseg_gui.compute.segmenting.task import Method, SegmentTask
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.files import fingerprint
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import Mask, MaskEdit
from model.info import read_info
from tests.dark_model import write_dark_model

SIZE = 5200, 220
DIAMETER = 96.0


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights") / "dark"
    write_dark_model(folder)
    return folder


@pytest.fixture(params=["model", "watershed"])
def method(request: pytest.FixtureRequest) -> Method:
    if request.param == "watershed":
        return Method()
    return Method(request.getfixturevalue("model_folder"), "torch")


@pytest.fixture
def slide(tmp_path: Path) -> Path:
    """A slide of two blocks, too long for a photograph of a field."""
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    cells = np.hypot((x - 200) % 400 - 200, y - 110) < DIAMETER / 2
    path = tmp_path / "slide.png"
    Image.fromarray(np.where(cells[..., None], np.uint8(40), np.uint8(235)).repeat(3, 2)).save(path)
    return path


@pytest.fixture
def task(slide: Path, method: Method, tmp_path: Path) -> SegmentTask:
    return SegmentTask(slide, tmp_path / "task", method, cell_diameter=DIAMETER)


@pytest.fixture
def command_line(monkeypatch: pytest.MonkeyPatch) -> Callable[[SegmentTask, Path], bytes]:
    """The mask picture that `bcseg segment` writes for a task."""

    def run(task: SegmentTask, output: Path) -> bytes:
        words: list[Any] = ["segment", task.slide_path, "--output", output, "--cell-diameter", task.cell_diameter]
        words += ["--method", "watershed"] if task.method.model_folder is None else []
        words += ["--model", task.method.model_folder, "--engine", "torch"] if task.method.model_folder else []
        monkeypatch.setattr("sys.argv", ["bcseg", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code
        return (output / "slide.png").read_bytes()

    return run


def in_another_process(task: SegmentTask) -> Segmented:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(run_task, task).result()


def test_a_task_in_another_process_writes_what_the_command_line_writes(
    task: SegmentTask, command_line: Callable[[SegmentTask, Path], bytes], tmp_path: Path
) -> None:
    assert pickle.loads(pickle.dumps(task)) == task
    task.output.mkdir()
    segmented = in_another_process(task)
    assert (segmented.output, segmented.region) == (task.output / "slide.png", Region(0, 0, *SIZE))
    assert (segmented.cells, segmented.unread) == (14, None)
    assert segmented.output.read_bytes() == command_line(task, tmp_path / "command line")
    assert list(task.output.iterdir()) == [segmented.output], "nothing of the work is left"


def test_what_is_wrong_with_a_task_is_told_across_processes(tmp_path: Path) -> None:
    task = SegmentTask(tmp_path / "gone.png", tmp_path, Method())
    with pytest.raises(UserError, match=r"gone\.png"):
        in_another_process(task)


def former_settings(task: SegmentTask) -> str:
    """As the command line of earlier versions wrote it."""
    if task.method.model_folder is None:
        name, identity = "watershed", ()
    else:
        info = read_info(task.method.model_folder)
        name, identity = info.name, (info.weights_sha256, task.method.threshold, task.method.splitting, "torch")
    region = astuple(Region(0, 0, *SIZE))
    return json.dumps([fingerprint(task.slide_path), task.page, region, name, identity, DIAMETER, task.skip_empty, 1])


def test_what_the_command_line_of_an_earlier_version_began_is_gone_on_with(
    task: SegmentTask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    blocks: list[Region] = []
    finish = MaskEdit.finish_block

    def finish_block(edit: MaskEdit, region: Region) -> None:
        finish(edit, region)
        blocks.append(region)

    monkeypatch.setattr(MaskEdit, "finish_block", finish_block)
    (tmp_path / "whole").mkdir()
    whole = run_task(replace(task, output=tmp_path / "whole"))
    picture = np.asarray(Image.open(whole.output)) // 255
    first, *others = blocks
    assert others

    task.output.mkdir()
    (task.output / "slide.partial").mkdir()
    with Mask.open(task.output / "slide.partial" / "mask.sqlite", SIZE) as mask:
        edit = mask.begin_run(former_settings(task), model="dark")
        edit.predict(first, picture[first.slices_in(Region(0, 0, *SIZE))])
        finish(edit, first)
    blocks.clear()
    again = run_task(task)
    assert blocks == others, "the first is not computed again"
    assert (again.cells, again.output.read_bytes()) == (whole.cells, whole.output.read_bytes())
    assert list(task.output.iterdir()) == [again.output]
