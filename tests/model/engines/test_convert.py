"""The converted network computes what torch computes."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import nn

from model.checkpoint import Model, new_model
from model.engines.convert import ConversionError, Observer, to_openvino
from model.engines.openvino_engine import OpenVinoEngine
from model.engines.torch_engine import TorchEngine
from model.info import ModelInfo
from model.networks import Decoder
from model.networks.network import Network


@pytest.fixture
def pictures():
    return np.random.default_rng(4).integers(0, 256, (2, 64, 96, 3), np.uint8)


def model_of(architecture: str, decoder: str, classes: tuple[str, ...]) -> Model:
    """Random weights, enlarged where they would otherwise let nothing through."""
    model = new_model(ModelInfo("m", architecture, num_filters=2, decoder=decoder, classes=classes), seed=3)
    with torch.no_grad():
        for parameter in model.network.parameters():
            parameter *= 1.6
    return model


@pytest.mark.parametrize("classes", [("cell",), ("red", "white", "platelet")], ids=["one class", "three classes"])
@pytest.mark.parametrize("decoder", ["deconv", "interpolate"])
@pytest.mark.parametrize("architecture", ["ternausnet11", "ternausnet16"])
def test_every_network_agrees(architecture: str, decoder: str, classes: tuple[str, ...], pictures) -> None:
    model = model_of(architecture, decoder, classes)
    expected = TorchEngine(model).probabilities(pictures)
    assert expected.std() > 0.01, "else there is nothing to compare"
    observer = Observer(model)
    np.testing.assert_allclose(observer.probabilities(pictures), expected, atol=1e-5)
    exact = OpenVinoEngine(to_openvino(model), "f32").probabilities(pictures)
    np.testing.assert_allclose(exact, expected, atol=1e-4)
    in_integers = OpenVinoEngine(to_openvino(model, observer.ranges), "int8").probabilities(pictures)
    assert np.abs(in_integers - expected).mean() < 0.02
    assert not np.array_equal(in_integers, exact), "it was rounded"


def test_a_network_takes_pictures_of_any_size_and_number(tiny_model: Model) -> None:
    engine, reference = OpenVinoEngine(to_openvino(tiny_model), "f32"), TorchEngine(tiny_model)
    for shape in ((1, 32, 32, 3), (3, 64, 32, 3), (1, 96, 160, 3)):
        pictures = np.random.default_rng(1).integers(0, 256, shape, np.uint8)
        np.testing.assert_allclose(engine.probabilities(pictures), reference.probabilities(pictures), atol=1e-4)


def test_a_part_of_a_larger_picture_is_read_as_it_lies(tiny_model: Model) -> None:
    engine = OpenVinoEngine(to_openvino(tiny_model), "f32")
    picture = np.random.default_rng(1).integers(0, 256, (1, 96, 96, 3), np.uint8)
    part = picture[:, 16:48, 32:64]
    np.testing.assert_array_equal(engine.probabilities(part), engine.probabilities(part.copy()))


class Plain(Network):
    """A network whose convolutions follow each other without a ReLU."""

    head_name = "head_layer"

    def __init__(self, num_classes: int = 1, num_filters: int = 4, decoder: Decoder = "deconv") -> None:
        super().__init__()
        self.first = nn.Conv2d(3, num_filters, 3, padding=1)
        self.second = nn.Conv2d(num_filters, num_filters, 3, padding=1)
        self.relu = nn.ReLU()
        self.head_layer = nn.Conv2d(num_filters, num_classes, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits: torch.Tensor = self.head_layer(self.relu(self.second(self.first(x))))
        return logits

    def encoder_stages(self) -> Sequence[Sequence[nn.Module]]:
        return ((self.first,),)


def test_integers_are_refused_where_values_may_be_negative(pictures) -> None:
    torch.manual_seed(2)
    model = Model(ModelInfo("m"), Plain())
    observer = Observer(model)
    expected = observer.probabilities(pictures)
    exact = OpenVinoEngine(to_openvino(model), "f32").probabilities(pictures)
    np.testing.assert_allclose(exact, expected, atol=1e-4)
    with pytest.raises(ConversionError, match="first may be negative"):
        to_openvino(model, observer.ranges)


@pytest.mark.parametrize("setting", [{"dilation": 2, "padding": 2}, {"groups": 2}, {"padding_mode": "reflect"}])
def test_a_convolution_of_another_kind_is_refused(setting: dict[str, object]) -> None:
    network = Plain()
    network.second = nn.Conv2d(4, 4, 3, **({"padding": 1} | setting))
    with pytest.raises(ConversionError, match=r"second \(Conv2d\) is no layer"):
        to_openvino(Model(ModelInfo("m"), network))


def test_openvino_cannot_report_its_use() -> None:
    assert sys.modules["openvino_telemetry"] is None
    assert not any(name.startswith("openvino_telemetry.") for name in sys.modules)
