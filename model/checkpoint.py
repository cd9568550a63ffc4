"""A model on disk: a folder with `weights.safetensors` (float16 as a rule) and `model.json`. Nothing is executed."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import torch
from safetensors.torch import save

from .errors import ModelError
from .files import make_folder, write_atomic
from .info import INFO_FILE, WEIGHTS_FILE, ModelInfo, read_info
from .networks.network import Network, build
from .statedict import read_state

NEW_CLASS_LOGIT_OFFSET = -3.0
"""Logit of a class that a model has yet to learn, relative to the first class."""


@dataclass(frozen=True, slots=True)
class Model:
    info: ModelInfo
    network: Network

    def renamed(self, name: str) -> Model:
        """The same network under another name, as a child of this model."""
        return Model(replace(self.info, name=name, parent=self.info.name, metrics={}), self.network)


def new_model(info: ModelInfo, *, seed: int = 0, encoder_weights: Path | None = None) -> Model:
    """An untrained model. `encoder_weights`: file of VGG weights under torchvision's names, for the encoder."""
    torch.manual_seed(seed)
    network = build(info)
    if encoder_weights is not None:
        try:
            network.load_vgg_encoder(read_state(encoder_weights))
        except (KeyError, RuntimeError) as error:
            raise ModelError(
                "{path} does not hold the VGG weights that {architecture} starts from: {reason}",
                path=encoder_weights,
                architecture=info.architecture,
                reason=error,
            ) from error
    return Model(info, network)


def grown(model: Model, new: tuple[str, ...]) -> Model:
    """Append the classes `new` to a model. Until it is trained, it finds what it found before.

    A new class starts as a part of the first one: with its weights, and `NEW_CLASS_LOGIT_OFFSET` added to its bias. The
    probabilities of the background and of all other classes stay exactly the same; the first class gives up what the
    new ones get.
    """
    state = model.network.state_dict()
    head = model.network.head_name
    weight, bias = state[f"{head}.weight"], state[f"{head}.bias"].clone()
    if model.info.num_outputs == 1:  # sigmoid(x) is softmax(0, x)
        weight, bias = torch.cat([torch.zeros_like(weight), weight]), torch.cat([torch.zeros_like(bias), bias])
    bias[1] -= math.log1p(len(new) * math.exp(NEW_CLASS_LOGIT_OFFSET))
    state[f"{head}.weight"] = torch.cat([weight, weight[1:2].repeat(len(new), 1, 1, 1)])
    state[f"{head}.bias"] = torch.cat([bias, (bias[1:2] + NEW_CLASS_LOGIT_OFFSET).repeat(len(new))])
    larger = new_model(replace(model.info, classes=(*model.info.classes, *new)))
    larger.network.load_state_dict(state)
    return larger


def load_model(folder: Path) -> Model:
    """Read a model folder. Raises ModelError naming the file when it is absent, foreign, newer or damaged."""
    info = read_info(folder)
    with torch.device("meta"):  # drawing random weights takes longer than reading these
        network = build(info)
    tensors = read_state(folder / WEIGHTS_FILE)
    try:
        state = {name: tensor.to(_in_memory(tensor), copy=True) for name, tensor in tensors.items()}
        network.load_state_dict(state, assign=True)
    except RuntimeError as error:
        raise ModelError(
            "{path} does not fit the network named in {info}: the model is damaged. Import it again.",
            path=folder / WEIGHTS_FILE,
            info=INFO_FILE,
        ) from error
    return Model(info, network.eval())


def save_model(model: Model, folder: Path, *, dtype: torch.dtype = torch.float16) -> ModelInfo:
    """Write weights and `model.json` into `folder`, each whole or not at all; the info goes last.

    `dtype` is that of the parameters: float16 halves the file; float32 keeps foreign weights exactly as they came.
    Buffers keep their own: float16 can hold neither a large running variance nor a large count of batches.
    """
    make_folder(folder)
    state = {name: tensor.detach() for name, tensor in model.network.state_dict().items()}
    state |= {name: state[name].to(dtype) for name, _ in model.network.named_parameters()}
    content = save({name: tensor.contiguous() for name, tensor in state.items()})
    info = replace(
        model.info,
        weights_sha256=hashlib.sha256(content).hexdigest(),
        created=model.info.created or datetime.now(UTC).isoformat(timespec="seconds"),
    )
    write_atomic(folder / WEIGHTS_FILE, content)
    write_atomic(folder / INFO_FILE, msgspec.json.format(msgspec.json.encode(info), indent=2) + b"\n")
    return info


def _in_memory(tensor: torch.Tensor) -> torch.dtype:
    return torch.float32 if tensor.is_floating_point() else tensor.dtype
