from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from model.checkpoint import Model, load_model, new_model, save_model
from model.errors import ModelError
from model.info import INFO_FILE, WEIGHTS_FILE, read_info


def test_what_is_saved_comes_back_in_half_precision(tiny_model: Model, tmp_path: Path) -> None:
    written = save_model(tiny_model, tmp_path)
    loaded = load_model(tmp_path)
    assert loaded.info == written
    for name, tensor in tiny_model.network.state_dict().items():
        torch.testing.assert_close(loaded.network.state_dict()[name], tensor.half().float())


def test_same_seed_same_weights(tiny_model: Model) -> None:
    again = new_model(tiny_model.info, seed=1).network.state_dict()
    assert all(torch.equal(tensor, again[name]) for name, tensor in tiny_model.network.state_dict().items())


def test_a_folder_without_a_model_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is not a model"):
        load_model(tmp_path)


def test_a_newer_model_is_said(tiny_model: Model, tmp_path: Path) -> None:
    save_model(tiny_model, tmp_path)
    content = json.loads((tmp_path / INFO_FILE).read_text()) | {"schema": 99}
    (tmp_path / INFO_FILE).write_text(json.dumps(content))
    with pytest.raises(ModelError, match="newer version"):
        read_info(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"not json", b'{"schema": 1}', b'{"schema": 1, "name": "a", "cell_diameter": -1}', b"[]"]
)
def test_a_damaged_info_is_said(content: bytes, tmp_path: Path) -> None:
    (tmp_path / INFO_FILE).write_bytes(content)
    with pytest.raises(ModelError, match="damaged"):
        read_info(tmp_path)


@pytest.mark.parametrize("keep", [0, 100, 10_000])
def test_cut_weights_are_said(tiny_model: Model, tmp_path: Path, keep: int) -> None:
    save_model(tiny_model, tmp_path)
    weights = tmp_path / WEIGHTS_FILE
    weights.write_bytes(weights.read_bytes()[:keep])
    with pytest.raises(ModelError, match=WEIGHTS_FILE):
        load_model(tmp_path)


def test_weights_of_another_network_are_said(tiny_model: Model, tmp_path: Path) -> None:
    save_model(tiny_model, tmp_path)
    content = json.loads((tmp_path / INFO_FILE).read_text()) | {"num_filters": 3}
    (tmp_path / INFO_FILE).write_text(json.dumps(content))
    with pytest.raises(ModelError, match="does not fit"):
        load_model(tmp_path)


def test_an_encoder_that_is_no_vgg_is_said(tiny_model: Model, tmp_path: Path) -> None:
    save_model(tiny_model, tmp_path)
    with pytest.raises(ModelError, match="does not hold the VGG weights"):
        new_model(tiny_model.info, encoder_weights=tmp_path / WEIGHTS_FILE)
