from __future__ import annotations

import csv
import itertools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
import torch

import model.training.history
import model.training.run
from model.checkpoint import Model, load_model, new_model
from model.dataset import Dataset, find_pairs, hash_pairs, split_pairs
from model.errors import ModelError
from model.pictures import read_picture
from model.training.distil import Lesson, teach
from model.training.settings import TrainSettings
from model.training.train import EpochFinished, StepFinished, TrainingFinished, train
from model.training.unfinished import CHECKPOINT_FILE

WritePairs = Callable[[int], tuple[Path, Path]]
SETTINGS = TrainSettings(epochs=2, seed=3, batch=2, crop=64, checkpoint_every=1000)


@pytest.fixture
def dataset(write_pairs: WritePairs) -> Dataset:
    return split_pairs(find_pairs(*write_pairs(5)))


def _fresh(model: Model) -> Model:
    return new_model(model.info, seed=1)


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    return dict(load_model(folder).network.state_dict())


def test_a_run_leaves_a_model_its_history_and_curves(tiny_model: Model, dataset: Dataset, tmp_path: Path) -> None:
    output = tmp_path / "run"
    events = list(train(_fresh(tiny_model), dataset, output, SETTINGS))
    epochs = [event for event in events if isinstance(event, EpochFinished)]
    assert [event.row.epoch for event in epochs] == [1, 2]
    assert isinstance(events[-1], TrainingFinished)
    assert len(events[-1].scores) == 1
    assert sorted(path.name for path in output.iterdir()) == [
        "curves.png",
        "history.csv",
        "model.json",
        "weights.safetensors",
    ]
    with (output / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [
        "epoch",
        "accuracy",
        "loss",
        "val_accuracy",
        "val_loss",
        "val_dice",
        "val_jaccard",
        "val_f1",
        "seconds",
    ]
    info = load_model(output).info
    assert info.dataset_hash == dataset.hash
    assert info.source_cell_diameter != tiny_model.info.source_cell_diameter  # measured on the masks
    assert info.metrics["dice"] == pytest.approx(epochs[-1].row.val_dice, abs=1e-4)  # the last ones stay


def test_it_learns(tiny_model: Model, dataset: Dataset, tmp_path: Path) -> None:
    settings = TrainSettings(epochs=8, batch=2, crop=64, decoder_rate=3e-3, encoder_rate=3e-4, checkpoint_every=1000)
    rows = [
        e.row for e in train(_fresh(tiny_model), dataset, tmp_path / "run", settings) if isinstance(e, EpochFinished)
    ]
    assert rows[-1].loss < 0.8 * rows[0].loss


def test_interrupted_and_resumed_gives_the_same_weights(tiny_model: Model, dataset: Dataset, tmp_path: Path) -> None:
    list(train(_fresh(tiny_model), dataset, tmp_path / "whole", SETTINGS))
    output = tmp_path / "cut"
    asked = iter([False, False, False, True])
    events = list(train(_fresh(tiny_model), dataset, output, SETTINGS, cancelled=lambda: next(asked)))
    assert sum(isinstance(event, StepFinished) for event in events) == 3
    assert (output / CHECKPOINT_FILE).is_file()
    resumed = list(train(_fresh(tiny_model), dataset, output, SETTINGS))
    first = next(event for event in resumed if isinstance(event, StepFinished))
    assert first.step == 4
    whole, cut = _weights(tmp_path / "whole"), _weights(output)
    assert all(torch.equal(tensor, cut[name]) for name, tensor in whole.items())


def test_a_folder_with_another_run_or_a_model_is_left_alone(
    tiny_model: Model, dataset: Dataset, tmp_path: Path
) -> None:
    asked = iter([False, True])
    list(train(_fresh(tiny_model), dataset, tmp_path, SETTINGS, cancelled=lambda: next(asked)))
    other = replace(SETTINGS, seed=4)
    with pytest.raises(ModelError, match="unfinished training"):
        next(train(_fresh(tiny_model), dataset, tmp_path, other))
    list(train(_fresh(tiny_model), dataset, tmp_path, SETTINGS))
    before = (tmp_path / "weights.safetensors").read_bytes()
    with pytest.raises(ModelError, match="holds a model already"):
        next(train(_fresh(tiny_model), dataset, tmp_path, SETTINGS))
    assert (tmp_path / "weights.safetensors").read_bytes() == before


def test_a_run_with_another_teacher_is_left_alone(tiny_model: Model, dataset: Dataset, tmp_path: Path) -> None:
    def taught_by(seed: int) -> Dataset:
        lessons = [Lesson(pair.image, pair.mask) for pair in dataset.training]
        training = tuple(teach(new_model(tiny_model.info, seed=seed), lessons, tmp_path / f"{seed}", read_picture))
        return Dataset(training, dataset.holdout, hash_pairs([*training, *dataset.holdout]))

    asked = iter([False, True])
    list(train(_fresh(tiny_model), taught_by(5), tmp_path / "run", SETTINGS, cancelled=lambda: next(asked)))
    with pytest.raises(ModelError, match="unfinished training"):
        next(train(_fresh(tiny_model), taught_by(6), tmp_path / "run", SETTINGS))
    assert isinstance(next(train(_fresh(tiny_model), taught_by(5), tmp_path / "run", SETTINGS)), StepFinished)


def test_only_what_people_drew_is_measured(tiny_model: Model, dataset: Dataset, tmp_path: Path) -> None:
    def source_diameter(*, predicted: bool) -> float:
        drawn, *others = dataset.training
        training = (drawn, *(replace(pair, cell_diameter=40.0, predicted=predicted) for pair in others))
        output = tmp_path / str(predicted)
        list(train(_fresh(tiny_model), replace(dataset, training=training), output, replace(SETTINGS, epochs=1)))
        return load_model(output).info.source_cell_diameter

    assert source_diameter(predicted=False) == 40
    assert source_diameter(predicted=True) < 30


def test_a_retrained_model_passes_over_no_more_than_before(
    tiny_model: Model, write_pairs: WritePairs, tmp_path: Path
) -> None:
    dataset = split_pairs(find_pairs(*write_pairs(20)))
    smallest: dict[str, float] = {}
    for name, known in (("new", 0.01), ("small", 0.01), ("large", 0.9)):
        model = Model(replace(tiny_model.info, smallest_at_edge=known), _fresh(tiny_model).network)
        model = model if name == "new" else model.renamed(name)
        list(train(model, dataset, tmp_path / name, replace(SETTINGS, epochs=1, crop=32)))
        smallest[name] = load_model(tmp_path / name).info.smallest_at_edge
    assert smallest["new"] == smallest["large"] > smallest["small"] == 0.01


@pytest.mark.parametrize("epoch", [1, 2])
@pytest.mark.parametrize(("module", "name"), [(model.training.run, "save_model"), (model.training.history, "write")])
def test_a_run_killed_while_it_writes_its_model_goes_on(
    tiny_model: Model, dataset: Dataset, module: ModuleType, name: str, epoch: int, tmp_path: Path
) -> None:
    list(train(_fresh(tiny_model), dataset, tmp_path / "whole", SETTINGS))
    write, calls = getattr(module, name), itertools.count(1)

    def killed(*arguments: object) -> object:
        if next(calls) == epoch:
            raise KeyboardInterrupt
        return write(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, name, killed)
        with pytest.raises(KeyboardInterrupt):
            list(train(_fresh(tiny_model), dataset, tmp_path / "cut", SETTINGS))
    list(train(_fresh(tiny_model), dataset, tmp_path / "cut", SETTINGS))
    whole, cut = _weights(tmp_path / "whole"), _weights(tmp_path / "cut")
    assert all(torch.equal(tensor, cut[name]) for name, tensor in whole.items())
    dice = [load_model(tmp_path / run).info.metrics["dice"] for run in ("whole", "cut")]
    assert dice[0] == dice[1]
    assert len((tmp_path / "cut/history.csv").read_text().splitlines()) == 3, "both epochs"


def test_a_damaged_checkpoint_is_said(tiny_model: Model, dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / CHECKPOINT_FILE).write_bytes(b"no checkpoint")
    with pytest.raises(ModelError, match="is damaged"):
        next(train(_fresh(tiny_model), dataset, tmp_path, SETTINGS))
