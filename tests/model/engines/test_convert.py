"""The converted network computes what torch computes."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import torch

from model.checkpoint import Model, new_model
from model.engines.convert import Observer, to_openvino
from model.engines.openvino_engine import OpenVinoEngine
from model.engines.torch_engine import TorchEngine
from model.info import ModelInfo


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


def test_openvino_cannot_report_its_use() -> None:
    assert sys.modules["openvino_telemetry"] is None
    assert not any(name.startswith("openvino_telemetry.") for name in sys.modules)
