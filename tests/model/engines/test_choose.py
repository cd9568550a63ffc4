from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from model.checkpoint import Model
from model.engines import choose
from model.engines.choice import Memory, Trial
from model.engines.choose import agreement, choice_of, choosing, open_engine
from model.engines.torch_engine import TorchEngine
from model.errors import ModelError


@pytest.fixture
def model(tiny_model: Model) -> Model:
    return Model(replace(tiny_model.info, weights_sha256="abc"), tiny_model.network)


@pytest.fixture
def pictures():
    """Counts how often they were asked for."""
    asked: list[int] = []

    def make():
        asked.append(1)
        return [np.random.default_rng(2).integers(0, 256, (64, 64, 3), np.uint8)]

    make.asked = asked
    return make


@pytest.fixture(autouse=True)
def short_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choose, "TRIAL_SECONDS", 0)
    monkeypatch.setattr(choose, "_seconds", lambda engine: 0.5)


def test_what_was_tried_is_remembered_for_this_model(model: Model, pictures, tmp_path: Path) -> None:
    first = choice_of(model, pictures, tmp_path)
    assert choice_of(model, pictures, tmp_path) == first
    assert len(pictures.asked) == 1
    choice_of(Model(replace(model.info, weights_sha256="def"), model.network), pictures, tmp_path)
    assert len(pictures.asked) == 2
    assert len(list(tmp_path.iterdir())) == 2
    assert first.ranges, "a converted network needs them"


def test_a_trial_that_is_left_is_made_anew(model: Model, pictures, tmp_path: Path) -> None:
    steps = choosing(model, pictures, tmp_path)
    for _ in range(3):
        next(steps)
    steps.close()
    assert not list(tmp_path.iterdir())
    choice_of(model, pictures, tmp_path)
    assert len(pictures.asked) == 2
    assert list(choosing(model, pictures, tmp_path)) == [], "what is remembered needs no steps"


def test_a_graphics_card_that_is_gone_is_not_remembered(model: Model, pictures, tmp_path: Path) -> None:
    first = choice_of(model, pictures, tmp_path)
    with_card = replace(first, trials=(*first.trials, Trial("torch-cuda", 0.01, 1.0, 4, True)))
    Memory.of(model.info, tmp_path).keep_choice(with_card)
    assert choice_of(model, pictures, tmp_path).best().engine == first.best().engine
    assert len(pictures.asked) == 2


@pytest.mark.parametrize("content", [b"", b"{}", b'{"trials": [], "pictures": 1}', b'{"trials": 5}', b"\xff\x00"])
def test_a_damaged_memory_is_made_again(model: Model, pictures, tmp_path: Path, content: bytes) -> None:
    first = choice_of(model, pictures, tmp_path)
    (path,) = tmp_path.iterdir()
    path.write_bytes(content)
    assert choice_of(model, pictures, tmp_path).ranges == first.ranges
    assert len(pictures.asked) == 2
    choice_of(model, pictures, tmp_path)
    assert len(pictures.asked) == 2


def test_a_folder_that_cannot_be_written_costs_nothing_but_the_memory(model: Model, pictures, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    assert choice_of(model, pictures, tmp_path / "file").trials


def test_an_engine_that_finds_something_else_is_passed_over_and_told(
    model: Model, pictures, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    classes = choose._classes

    def wrong_in_integers(engine, *rest):
        return np.ones((64, 64), np.uint8) - classes(engine, *rest) * (engine.name != "openvino-int8")

    monkeypatch.setattr(choose, "_classes", wrong_in_integers)
    monkeypatch.setattr(choose, "agreement", lambda found, truth: float(np.array_equal(found[0], truth[0])))
    monkeypatch.setattr(choose, "_count", lambda classes: 1)
    choice = choice_of(model, pictures, None)
    assert [trial.accepted for trial in choice.trials][:2] == [True, False]
    (told,) = (record.msg for record in caplog.records)
    assert told.fields == {"model": "tiny", "engines": "openvino-int8"}
    caplog.clear()
    assert open_engine(model, choice)
    assert not caplog.records, "it is told once"
    assert choice.best().engine == choice.trials[-1].engine != "openvino-int8"
    assert open_engine(model, choice).name == choice.best().engine


def test_an_engine_that_does_not_work_here_is_passed_over(
    model: Model, pictures, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken:
        def __init__(self, *_args: object) -> None:
            raise RuntimeError("no such instruction")

    monkeypatch.setattr(choose, "OpenVinoEngine", Broken)
    choice = choice_of(model, pictures, None)
    assert [trial.error for trial in choice.trials] == ["", *3 * ["no such instruction"]]
    (told,) = (record.msg for record in caplog.records)
    assert told.fields["engines"] == "openvino-int8, openvino-bf16, openvino-f32"
    assert choice.best().engine == "torch"
    assert open_engine(model, choice).name == "torch"
    with pytest.raises(ModelError, match="--engine auto"):
        open_engine(model, choice, "openvino")


def test_a_graphics_card_that_gives_up_is_passed_over(model: Model, pictures, monkeypatch: pytest.MonkeyPatch) -> None:
    class GivesUp(TorchEngine):
        def __init__(self, model: Model, _device: object) -> None:
            super().__init__(model, torch.device("cpu"))

    monkeypatch.setattr(choose, "TorchEngine", GivesUp)
    monkeypatch.setattr(choose, "best_device", lambda: torch.device("cuda"))
    choice = choice_of(model, pictures, None)
    assert [(trial.engine, trial.accepted) for trial in choice.trials[:2]] == [("torch", True), ("torch-cuda", False)]


def test_a_tile_takes_a_second_at_most_where_that_can_be(model: Model, pictures) -> None:
    choice = choice_of(model, pictures, None)
    tiles = {}
    for seconds in (0.1, 4.0, 100.0):
        trials = tuple(replace(trial, seconds=seconds) for trial in choice.trials)
        tiles[seconds] = open_engine(model, replace(choice, trials=trials)).tile
    assert tiles == {0.1: 960, 4.0: 500, 100.0: 256}


def test_agreement_is_the_dice_coefficient_of_classes() -> None:
    a, b = np.uint8([[0, 1, 1, 2]]), np.uint8([[1, 1, 0, 1]])
    assert agreement([a], [a]) == 1
    assert agreement([a, a], [b, a]) == pytest.approx(2 * 4 / 12)
    assert agreement([0 * a], [0 * a]) == 1
