from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from model.checkpoint import load_model, new_model, save_model
from model.dataset import find_pairs, split_pairs
from model.info import ModelInfo
from model.training.settings import TrainSettings
from model.training.train import train

INFO = ModelInfo("start", "ternausnet11", num_filters=4, cell_diameter=24.0, source_cell_diameter=24.0)
SETTINGS = TrainSettings(epochs=2, batch=2, crop=96, frozen_stages=4, checkpoint_every=0)
WORKER = """
import sys
from pathlib import Path
import torch
from bcseg_gui.cli.failures import failures_in_plain_words
from bcseg_gui.cli.torchrun import one_of_several
from model.checkpoint import load_model, new_model
from model.dataset import find_pairs, split_pairs
from model.training.distributed import is_leader
from model.errors import ModelError
from model.training.settings import TrainSettings
from model.training.train import StepFinished, train

folder = Path(sys.argv[1])
settings = TrainSettings(epochs=2, batch=1, crop=96, frozen_stages=4, checkpoint_every=0)
torch.cpu._is_avx512_bf16_supported = lambda: False
with failures_in_plain_words(), one_of_several():
    asked = iter([False] * 4 + [True])  # before the last step
    output = folder / ("two" if is_leader() else "nothing")
    for _ in range(2):
        model = load_model(folder / "start")
        # what the second one starts from does not count
        model = model if is_leader() else new_model(model.info, seed=9)
        dataset = split_pairs(find_pairs(folder / "pictures", folder / "masks"))
        events = train(model, dataset, output, settings, cancelled=lambda: next(asked, False))
        print("steps", sum(isinstance(event, StepFinished) for event in events), flush=True)
    if not is_leader():
        raise ModelError("The second machine is out of paper.")
"""


def test_two_processes_train_as_one_with_twice_the_batch(
    picture: Callable[[str], tuple[Path, np.ndarray]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Also when they are stopped and go on. The second one is silent and writes nothing, but tells why it fails."""
    (tmp_path / "masks").mkdir()
    for index in range(3):
        path, cells = picture(f"f{index}.png")
        Image.fromarray(cells * np.uint8(255)).save(tmp_path / "masks" / path.name)
    save_model(new_model(INFO, seed=1), tmp_path / "start")
    (tmp_path / "worker.py").write_text(WORKER)
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"),
            *(tmp_path / "worker.py", tmp_path),
        ],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert ended.stdout.split("\n") == ["steps 3", "steps 1", ""], ended.stderr
    assert ended.returncode == 1
    assert ended.stderr.count("out of paper") == 1
    assert "Another process" not in ended.stderr
    assert not (tmp_path / "nothing").exists()
    assert sorted(path.name for path in (tmp_path / "two").iterdir()) == [
        "curves.png",
        "history.csv",
        "model.json",
        "weights.safetensors",
    ]

    # bfloat16 rounds otherwise when a batch is divided
    monkeypatch.setattr("torch.cpu._is_avx512_bf16_supported", lambda: False)
    dataset = split_pairs(find_pairs(tmp_path / "pictures", tmp_path / "masks"))
    list(train(load_model(tmp_path / "start"), dataset, tmp_path / "one", SETTINGS))
    one, two = (np.loadtxt(tmp_path / name / "history.csv", delimiter=",", skiprows=1) for name in ("one", "two"))
    assert len(one) == 2
    assert two[:, :-1] == pytest.approx(one[:, :-1], abs=1e-4)  # all but the seconds
    states = [load_model(tmp_path / name).network.state_dict() for name in ("one", "two")]
    assert all(torch.allclose(tensor, states[1][name], atol=1e-3) for name, tensor in states[0].items())
