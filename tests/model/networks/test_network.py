"""A network that is no TernausNet goes the whole way by its row in the table alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from bcseg_gui.core.models.registry import ARCHITECTURES
from model.checkpoint import Model, grown, load_model, new_model, save_model
from model.dataset import Dataset, find_pairs, split_pairs
from model.engines import choose
from model.engines.choice import Trial
from model.engines.choose import choice_of, open_engine
from model.errors import ModelError
from model.info import ModelInfo
from model.networks import NETWORKS
from model.networks.network import Network, build
from model.predict import predict_picture
from model.training.distributed import average_statistics
from model.training.run import TrainingRun
from model.training.settings import TrainSettings
from model.training.train import TrainingFinished, step_seconds, train
from tests.model.attention_network import ROW, AttentionNetwork

WritePairs = Callable[[int], tuple[Path, Path]]
SETTINGS = TrainSettings(epochs=2, seed=3, batch=2, crop=64, checkpoint_every=1)


@pytest.fixture(autouse=True)
def attention_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NETWORKS, "attention", ROW)


@pytest.fixture
def model() -> Model:
    info = ModelInfo("a", "attention", num_filters=4, cell_diameter=24.0, source_cell_diameter=24.0)
    return new_model(info, seed=1)


@pytest.fixture
def dataset(write_pairs: WritePairs) -> Dataset:
    return split_pairs(find_pairs(*write_pairs(5)))


@pytest.mark.parametrize("architecture", [*NETWORKS, "attention"])
@pytest.mark.parametrize("classes", [("cell",), ("red", "white")], ids=["one class", "two classes"])
def test_every_row_keeps_its_word(architecture: str, classes: tuple[str, ...]) -> None:
    info = ModelInfo("m", architecture, num_filters=2, classes=classes)
    network = build(info).eval()
    with torch.inference_mode():
        height, width = 2 * info.stride, 3 * info.stride
        assert network(torch.zeros(1, 3, height, width)).shape == (1, info.num_outputs, height, width)
    assert (network.head.out_channels, network.head.bias is not None) == (info.num_outputs, True)
    assert len(network.encoder_stages()) >= 2
    parts = (network.encoder_parameters(), network.decoder_parameters(), list(network.head.parameters()))
    assert all(parts)
    in_parts = [id(parameter) for part in parts for parameter in part]
    assert sorted(in_parts) == sorted(id(parameter) for parameter in network.parameters())
    assert set(network.vgg_names()) <= set(network.state_dict())
    assert bool(network.vgg_names()) is (NETWORKS[architecture].pretrained is not None)
    assert {name for name, _ in network.named_buffers()} <= set(network.state_dict()), "a model is loaded out of them"


def test_the_registry_knows_every_network() -> None:
    assert set(ARCHITECTURES) == set(NETWORKS) - {"attention"}


def test_the_table_and_the_info_are_read_without_torch() -> None:
    command = "import sys, model.info, model.networks; print('torch' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "False"


def test_an_unknown_network_is_said() -> None:
    with pytest.raises(ValueError, match="no network “other”"):
        ModelInfo("m", "other")


def test_what_is_saved_comes_back_with_its_statistics(model: Model, tmp_path: Path) -> None:
    model.network(torch.randn(4, 3, 32, 32) * 1e4)
    save_model(model, tmp_path)
    loaded = load_model(tmp_path).network.state_dict()
    parameters = dict(model.network.named_parameters())
    for name, tensor in model.network.state_dict().items():
        expected = tensor.half().float() if name in parameters else tensor
        torch.testing.assert_close(loaded[name], expected, rtol=0, atol=0)
    assert loaded["down.0.1.num_batches_tracked"].dtype == torch.int64
    assert loaded["down.0.1.running_var"].max() > torch.finfo(torch.float16).max, "the case that matters"


def test_it_trains_and_an_interrupted_run_comes_to_the_same(model: Model, dataset: Dataset, tmp_path: Path) -> None:
    events = list(train(new_model(model.info, seed=1), dataset, tmp_path / "whole", SETTINGS))
    assert isinstance(events[-1], TrainingFinished)
    asked = iter([False] * 3 + [True])
    list(train(new_model(model.info, seed=1), dataset, tmp_path / "cut", SETTINGS, cancelled=lambda: next(asked)))
    list(train(new_model(model.info, seed=1), dataset, tmp_path / "cut", SETTINGS))
    whole, cut = (load_model(tmp_path / name).network.state_dict() for name in ("whole", "cut"))
    assert all(torch.equal(tensor, cut[name]) for name, tensor in whole.items())
    started = model.network.state_dict()
    assert all(not torch.equal(whole[name], started[name]) for name in ("down.0.1.running_mean", "gates.0.weight"))


def test_frozen_stages_keep_weights_and_statistics(model: Model, dataset: Dataset, tmp_path: Path) -> None:
    save_model(model, tmp_path / "parent")
    parent = load_model(tmp_path / "parent")
    list(train(load_model(tmp_path / "parent").renamed("child"), dataset, tmp_path / "child", SETTINGS.gentler()))
    child = load_model(tmp_path / "child")
    assert child.info.parent == "a"
    before, after = parent.network.state_dict(), child.network.state_dict()
    frozen = {name for name in before if name.startswith(("down.0.", "down.1."))}
    assert all(torch.equal(before[name], after[name]) for name in frozen)
    assert not torch.equal(before["down.2.1.running_mean"], after["down.2.1.running_mean"])
    child.network.freeze(0)
    assert all(parameter.requires_grad for parameter in child.network.parameters())


def test_a_single_crop_is_a_step(model: Model, dataset: Dataset, tmp_path: Path) -> None:
    settings = replace(SETTINGS, epochs=1, batch=1)
    assert step_seconds(new_model(model.info), settings) > 0
    assert isinstance(list(train(model, dataset, tmp_path / "run", settings))[-1], TrainingFinished)


def test_new_classes_are_added(model: Model, dataset: Dataset, tmp_path: Path) -> None:
    model.network.eval()
    larger = grown(model, ("white", "platelet"))
    pictures = torch.randn(1, 3, 32, 48)
    with torch.inference_mode():
        old = torch.sigmoid(model.network(pictures))
        new = torch.softmax(larger.network.eval()(pictures), 1)
    torch.testing.assert_close(1 - new[:, :1], old)
    assert larger.info.classes == ("cell", "white", "platelet")


def test_a_student_inherits_and_no_vgg_goes_in(model: Model) -> None:
    student = new_model(replace(model.info, classes=("red", "white")), seed=5)
    student.network.inherit(model.network)
    ours, theirs = student.network.state_dict(), model.network.state_dict()
    assert all(torch.equal(ours[name], theirs[name]) for name in ours if not name.startswith("classifier."))
    with pytest.raises(RuntimeError, match="no VGG"):
        student.network.load_vgg_encoder({})


class Branching(AttentionNetwork):
    """Looks at its input, so that it cannot be traced."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x if x.mean() > 0 else x + 0)


@pytest.mark.parametrize(
    ("network", "reason"), [(AttentionNetwork, "no layer that the converter knows"), (Branching, "cannot be traced")]
)
def test_the_converter_refuses_it_and_torch_runs_it(
    model: Model, network: type[Network], reason: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(choose, "best_device", lambda: torch.device("cpu"))
    changed = network(1, 4)
    changed.load_state_dict(model.network.state_dict())
    model = Model(model.info, changed)  # in training mode, as a new model is
    statistics = {name: buffer.clone() for name, buffer in changed.named_buffers()}
    picture = np.random.default_rng(2).integers(0, 256, (70, 90, 3), np.uint8)
    choice = choice_of(model, lambda: [picture], None)
    assert [(trial.engine, trial.accepted) for trial in choice.trials] == [
        ("torch", True),
        ("openvino-int8", False),
        ("openvino-bf16", False),
        ("openvino-f32", False),
    ]
    for trial in choice.trials[1:]:
        assert trial == Trial(trial.engine, error=trial.error)
        assert reason in trial.error
    (warning,) = caplog.records
    assert warning.msg.fields["engines"] == "openvino-int8, openvino-bf16, openvino-f32"
    engine = open_engine(model, choice)
    assert engine.name == "torch"
    with pytest.raises(ModelError, match="does not find the same cells"):
        open_engine(model, choice, "openvino")
    _, classes = predict_picture(engine, model.info, picture)
    assert classes.shape == picture.shape[:2]
    assert all(torch.equal(buffer, statistics[name]) for name, buffer in changed.named_buffers()), "none is learnt"


def test_statistics_are_averaged_over_processes_where_a_step_changed_them(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.training.distributed.processes", lambda: 2)
    monkeypatch.setattr("model.training.distributed._sum", lambda tensor: tensor + 3)  # the other process has 3
    model.network.freeze(1)
    average_statistics(model.network.train())
    norms = [module for module in model.network.modules() if isinstance(module, nn.BatchNorm2d)]
    assert [float(norm.running_mean[0]) for norm in norms[:3]] == [0, 1.5, 1.5]
    assert all(norm.num_batches_tracked == 0 for norm in norms)


def test_the_identity_of_a_run_names_network_data_and_settings(model: Model, dataset: Dataset, tmp_path: Path) -> None:
    """Word for word, since an unfinished run is known by it."""
    info = replace(model.info, architecture="ternausnet11")
    run = TrainingRun(new_model(info), replace(dataset, hash="h"), TrainSettings(), tmp_path, 1.0)
    assert run.identity == (
        "ternausnet11 deconv 4 ('cell',) 24.0 from None on h with TrainSettings(epochs=4, seed=0, batch=4, crop=256, "
        "encoder_rate=0.0001, decoder_rate=0.0003, head_rate=0.0, gap_weight=2.0, frozen_stages=0, "
        "checkpoint_every=10, patience=0, watched=0)"
    )
