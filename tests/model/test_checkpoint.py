from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model.checkpoint import Model, grown, load_model, new_model, save_model
from model.errors import ModelError
from model.info import INFO_FILE, WEIGHTS_FILE, ModelInfo, read_info
from model.predict import classify


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


def _probabilities(model: Model, pictures: torch.Tensor) -> torch.Tensor:
    with torch.no_grad():
        logits = model.network.eval()(pictures)
    return torch.sigmoid(logits) if logits.shape[1] == 1 else torch.softmax(logits, 1)


@settings(max_examples=12)
@given(known=st.integers(1, 3), more=st.integers(1, 3), seed=st.integers(0, 99), threshold=st.floats(0.1, 0.9))
def test_a_model_that_grew_finds_what_it_found_before(known: int, more: int, seed: int, threshold: float) -> None:
    names = tuple("abcdef")
    parent = new_model(ModelInfo("tiny", "ternausnet11", num_filters=2, classes=names[:known]), seed=seed)
    with torch.no_grad():
        parent.network.final.weight.mul_(20)  # an untrained network finds nothing or everything
    model = grown(parent, names[known : known + more])
    assert model.info.classes == names[: known + more]
    pictures = torch.randn(1, 3, 32, 64, generator=torch.Generator().manual_seed(seed))
    old, new = _probabilities(parent, pictures)[0], _probabilities(model, pictures)[0]
    foreground = old[0] if known == 1 else 1 - old[0]
    torch.testing.assert_close(1 - new[0], foreground)
    torch.testing.assert_close(new[2 : known + 1], old[2:])
    sure = (foreground - threshold).abs() > 1e-5
    if known > 1:  # but where two classes are as likely as each other, the first gives up a little
        first, second = torch.sort(old[1:], 0, descending=True).values[:2]
        sure &= first > 1.2 * second
    before, after = (classify(planes.numpy(), threshold) for planes in (old, new))
    assert (before == after)[sure.numpy()].all()
