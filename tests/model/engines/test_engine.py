from __future__ import annotations

import logging

import numpy as np
import pytest
import torch

from model.checkpoint import Model
from model.engines.torch_engine import TorchEngine


class SmallCard(TorchEngine):
    """An engine on a graphics card whose memory holds so many pictures."""

    def __init__(self, model: Model, holds: int) -> None:
        super().__init__(model, torch.device("cpu"))
        self.holds = holds
        self.device = torch.device("cuda")
        self.batch = 8
        self.sizes: list[int] = []

    def _some(self, inputs):
        if self.device.type == "cuda":
            self.sizes.append(len(inputs))
            if len(inputs) > self.holds:
                raise torch.OutOfMemoryError("CUDA out of memory.")
        device, self.device = self.device, torch.device("cpu")
        seen = super()._some(inputs)
        self.device = device
        return seen


@pytest.fixture
def pictures():
    return np.random.default_rng(4).integers(0, 256, (8, 32, 64, 3), np.uint8)


def test_a_short_memory_gets_fewer_pictures_at_a_time_and_finds_the_same(
    tiny_model: Model, pictures, caplog: pytest.LogCaptureFixture
) -> None:
    card = SmallCard(tiny_model, holds=3)
    seen = card.probabilities(pictures)
    np.testing.assert_allclose(seen, TorchEngine(tiny_model).probabilities(pictures), atol=1e-5)
    assert card.sizes == [8, 4, 2, 2, 2, 2]
    assert [record.msg.fields for record in caplog.records] == [{"count": 2}], "told once"
    card.sizes.clear()
    card.probabilities(pictures)
    assert card.sizes == [2, 2, 2, 2], "it is remembered"


def test_where_one_picture_does_not_fit_the_processor_takes_over(
    tiny_model: Model, pictures, caplog: pytest.LogCaptureFixture
) -> None:
    card = SmallCard(tiny_model, holds=0)
    seen = card.probabilities(pictures)
    np.testing.assert_allclose(seen, TorchEngine(tiny_model).probabilities(pictures), atol=1e-5)
    assert (card.name, card.device.type, card.batch) == ("torch", "cpu", 1)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "the processor computes instead" in str(record.msg)


def test_another_failure_of_the_card_is_not_hidden(
    tiny_model: Model, pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object) -> None:
        raise RuntimeError("illegal instruction")

    monkeypatch.setattr(TorchEngine, "_some", broken)
    with pytest.raises(RuntimeError, match="illegal"):
        TorchEngine(tiny_model).probabilities(pictures)
