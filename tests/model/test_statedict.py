"""Weights come out of every common kind of file; code never does."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch import nn

from model.errors import ModelError
from model.statedict import read_state

WEIGHTS = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.bias": torch.tensor([0.5, -1.0])}


@pytest.mark.parametrize(
    "content",
    [
        WEIGHTS,
        {"state_dict": WEIGHTS, "epoch": 3},
        {"model": WEIGHTS, "optimizer": {"lr": 0.1}},
        {"model_state_dict": {f"module.{name}": tensor for name, tensor in WEIGHTS.items()}},
    ],
    ids=["plain", "state_dict", "model", "DataParallel"],
)
def test_weights_are_found_in_what_training_programs_put_around_them(content: object, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "weights.pt")
    assert_weights(read_state(tmp_path / "weights.pt"))


def test_old_torch_files_and_safetensors_are_read(tmp_path: Path) -> None:
    torch.save(WEIGHTS, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    assert_weights(read_state(tmp_path / "old.pth"))
    save_file(WEIGHTS, tmp_path / "weights.safetensors")
    assert_weights(read_state(tmp_path / "weights.safetensors"))


class MakesFolder:
    """Unpickled with trust, it makes a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (self.folder,)


@pytest.mark.parametrize("write", [torch.save, lambda content, path: path.write_bytes(pickle.dumps(content, 2))])
def test_a_file_that_would_run_code_is_refused(write: Callable[[object, Path], object], tmp_path: Path) -> None:
    write({"state_dict": MakesFolder(tmp_path / "made")}, tmp_path / "evil.pt")
    with pytest.raises(ModelError, match=r"evil\.pt holds more than weights: opening it would run code"):
        read_state(tmp_path / "evil.pt")
    assert not (tmp_path / "made").exists()


def test_a_whole_network_object_is_refused_with_what_to_do(tmp_path: Path) -> None:
    torch.save(nn.Linear(2, 2), tmp_path / "net.pt")
    with pytest.raises(ModelError, match=r"torch\.save\(network\.state_dict\(\)"):
        read_state(tmp_path / "net.pt")


@pytest.mark.parametrize("content", [{}, [], [torch.zeros(2)], {"epoch": 3}, {"state_dict": {"a": "text"}}, {1: None}])
def test_what_is_no_weights_is_said(content: object, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "other.pt")
    with pytest.raises(ModelError, match=r"other\.pt does not hold the weights of a network"):
        read_state(tmp_path / "other.pt")


@pytest.mark.parametrize("content", [b"", b"hello\n", b"\x89PNG\r\n\x1a\n\x00\x01", b"PK\x03\x04", b"\x80\x02}q\x00."])
def test_a_file_that_torch_did_not_write_is_said(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "other.pt").write_bytes(content)
    with pytest.raises(ModelError, match=r"other\.pt is damaged, or was not written by torch\.save"):
        read_state(tmp_path / "other.pt")


@pytest.mark.parametrize("name", ["absent.pt", "absent.safetensors"])
def test_a_file_that_is_not_there_is_said(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=name):
        read_state(tmp_path / name)


@given(place=st.floats(0, 1, exclude_max=True), zipped=st.booleans(), noise=st.binary(max_size=8))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damage_ends_in_one_sentence(place: float, zipped: bool, noise: bytes, tmp_path: Path) -> None:
    path = tmp_path / "damaged.pt"
    torch.save(WEIGHTS, path, _use_new_zipfile_serialization=zipped)
    content = path.read_bytes()
    start = int(place * len(content))
    path.write_bytes(content[:start])
    with pytest.raises(ModelError, match=r"damaged\.pt"):
        read_state(path)
    path.write_bytes(content[:start] + noise + content[start + len(noise) :])
    with suppress(ModelError):  # a changed number is still a number, and nothing else may come of it
        read_state(path)


def assert_weights(state: dict[str, torch.Tensor]) -> None:
    assert set(state) == set(WEIGHTS)
    assert all(torch.equal(tensor, WEIGHTS[name]) for name, tensor in state.items())
