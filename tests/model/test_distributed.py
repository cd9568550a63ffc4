from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import distributed as dist

from model.checkpoint import Model, load_model, new_model, save_model
from model.dataset import find_pairs, split_pairs
from model.distributed import average_gradients, led, own_share, summed, total
from model.train import TrainSettings, train

WORKER = """
import sys
from pathlib import Path
import torch
from model.checkpoint import load_model, new_model
from model.dataset import find_pairs, split_pairs
from model.distributed import joined, leads, processes
from model.train import StepDone, TrainSettings, train

start, images, masks, output = map(Path, sys.argv[1:])
settings = TrainSettings(epochs=2, seed=3, batch=1, crop=96, checkpoint_every=0)
torch.cpu._is_avx512_bf16_supported = lambda: False
with joined():
    assert processes() == 2
    asked = iter([False] * 3 + [True])
    output = output if leads() else output / "of-the-second"
    for _ in range(2):
        # the second one's weights do not count: both start from the first one's
        model = load_model(start) if leads() else new_model(load_model(start).info, seed=9)
        dataset = split_pairs(find_pairs(images, masks))
        events = list(train(model, dataset, output, settings, cancelled=lambda: next(asked, False)))
        print(len([event for event in events if isinstance(event, StepDone)]), flush=True)
"""


def test_two_processes_learn_as_one_with_twice_the_batch(
    tiny_model: Model,
    write_pairs: Callable[[int], tuple[Path, Path]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Also when they are stopped in between; the second one writes nothing, and needs no folder to do so."""
    folders = write_pairs(5)
    start = tmp_path / "start"
    save_model(new_model(tiny_model.info, seed=1), start)
    (tmp_path / "worker.py").write_text(WORKER)
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"),
            *(tmp_path / "worker.py", start, *folders, tmp_path / "two"),
        ],
        capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    settings = TrainSettings(epochs=2, seed=3, batch=2, crop=96, checkpoint_every=0)
    # bfloat16 rounds otherwise when a batch is divided
    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: False)
    list(train(load_model(start), split_pairs(find_pairs(*folders)), tmp_path / "one", settings))

    one, two = (np.loadtxt(tmp_path / name / "history.csv", delimiter=",", skiprows=1) for name in ("one", "two"))
    assert one.shape == (2, 9)
    assert two[:, :-1] == pytest.approx(one[:, :-1], abs=1e-4)  # all but the seconds
    assert sorted(ended.stdout.split()) == ["1", "1", "3", "3"], "the same steps, in both processes"
    assert sorted(path.name for path in (tmp_path / "two").iterdir()) == [
        "curves.png", "history.csv", "model.json", "weights.safetensors",
    ]  # fmt: skip
    weights = [load_model(tmp_path / name).network.state_dict() for name in ("one", "two")]
    assert all(torch.allclose(tensor, weights[1][name], atol=1e-3) for name, tensor in weights[0].items())


def test_each_process_has_its_share_of_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dist, "is_initialized", lambda: True)
    monkeypatch.setattr(dist, "get_world_size", lambda: 3)
    shares: list[int] = []
    for rank in range(3):
        monkeypatch.setattr(dist, "get_rank", lambda rank=rank: rank)
        assert len(own_share(4)) == 4
        shares += own_share(4)
    assert shares == list(range(12))


def test_one_process_alone_is_all_of_them() -> None:
    parameter = torch.nn.Parameter(torch.ones(2))
    parameter.sum().backward()
    average_gradients([parameter])
    assert parameter.grad is not None
    assert parameter.grad.tolist() == [1, 1]
    assert own_share(4) == range(4)
    assert led(lambda: "made") == "made"
    assert total(1.5, 2) == [1.5, 2]
    assert summed(parameter) is parameter
