from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from model.checkpoint import Model
from model.engines import choice
from model.engines.choice import EngineChoice, Memory, Trial
from model.engines.convert import to_openvino
from model.engines.openvino_engine import OpenVinoEngine
from model.errors import ModelError

TRIALS = (Trial("torch", 5.0, 1.0, 100, True), Trial("openvino-f32", 4.0, 1.0, 100, True))


@pytest.fixture
def memory(tiny_model: Model, tmp_path: Path) -> Memory:
    return Memory.of(replace(tiny_model.info, weights_sha256="abc"), tmp_path)


@pytest.fixture
def engine(tiny_model: Model) -> OpenVinoEngine:
    return OpenVinoEngine(to_openvino(tiny_model), "f32")


def test_the_fastest_of_those_that_agree_is_best() -> None:
    trials = (
        Trial("torch", 5.0, 1.0, 100, True),
        Trial("torch-cuda", 0.1, 0.9, 100, False),
        Trial("openvino-int8", 1.0, 0.999, 100, True),
    )
    assert EngineChoice(trials, 4).best().engine == "openvino-int8"
    assert EngineChoice(trials, 4).best("torch").engine == "torch"
    assert EngineChoice(trials[:2], 4).best().engine == "torch"


def test_a_kept_engine_computes_the_same(memory: Memory, engine: OpenVinoEngine) -> None:
    assert memory.engine() is None
    memory.keep_choice(EngineChoice(TRIALS, 4))
    assert memory.engine() is None, "its graph is not there"
    memory.keep_graph(engine)
    kept = memory.engine()
    assert kept is not None
    assert (kept.name, kept.tile) == ("openvino-f32", 500)
    picture = np.random.default_rng(1).integers(0, 256, (1, 64, 96, 3), np.uint8)
    np.testing.assert_array_equal(kept.probabilities(picture), engine.probabilities(picture))


def test_torch_is_nothing_to_keep(memory: Memory, engine: OpenVinoEngine) -> None:
    memory.keep_choice(EngineChoice(TRIALS[:1], 4))
    memory.keep_graph(engine)
    assert memory.engine() is None
    with pytest.raises(ModelError, match="--engine auto"):
        memory.engine("openvino")


def test_a_damaged_graph_is_made_again(memory: Memory, engine: OpenVinoEngine) -> None:
    memory.keep_choice(EngineChoice(TRIALS, 4))
    memory.keep_graph(engine)
    (path,) = memory.folder.glob("*.graph")
    content = path.read_bytes()
    for damaged in (b"", content[:20], content[:-5], content[:100] + b"x" + content[101:]):
        path.write_bytes(damaged)
        assert memory.engine() is None


def test_few_graphs_are_kept(tiny_model: Model, tmp_path: Path, engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "MOST_GRAPHS", 2)
    memories = [Memory.of(replace(tiny_model.info, weights_sha256=name), tmp_path) for name in "abc"]
    for memory in memories:
        memory.keep_choice(EngineChoice(TRIALS, 4))
        memory.keep_graph(engine)
    assert [memory.engine() is not None for memory in memories] == [False, True, True]
