"""A model on disk: a folder with `weights.safetensors` (float16 as a rule) and `model.json`. Nothing is executed."""

from __future__ import annotations

import hashlib
import math
import os
import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import torch
from safetensors.torch import save

from .errors import ModelError
from .statedict import read_state
from .ternausnet import Architecture, Decoder, TernausNet, build, load_vgg_encoder

SCHEMA = 1
SHYNESS = 3.0
"""How much less likely than the first class (in logits) a class is at first that a model is yet to learn."""
WEIGHTS_FILE = "weights.safetensors"
INFO_FILE = "model.json"


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What `model.json` says. Diameters in pixels: of the working scale, and of level 0 in the training pictures.

    `smallest` and `smallest_at_edge`: share of a usual cell's area below which a thing is no cell, and below which a
    cell is passed over because the picture's edge leaves so little of it. `teacher`: the larger model that this one was
    distilled from.
    """

    name: str
    architecture: Architecture = "ternausnet16"
    num_filters: Annotated[int, msgspec.Meta(ge=1)] = 24
    decoder: Decoder = "deconv"
    classes: tuple[str, ...] = ("cell",)
    cell_diameter: Annotated[float, msgspec.Meta(gt=0)] = 42.0
    source_cell_diameter: Annotated[float, msgspec.Meta(gt=0)] = 106.0
    smallest: Annotated[float, msgspec.Meta(ge=0, lt=1)] = 0.0
    smallest_at_edge: Annotated[float, msgspec.Meta(ge=0, lt=1)] = 0.0
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    parent: str | None = None
    teacher: str | None = None
    dataset_hash: str = ""
    metrics: dict[str, float] = field(default_factory=dict)
    licence: str = ""
    created: str = ""
    weights_sha256: str = ""
    schema: int = SCHEMA

    @property
    def num_outputs(self) -> int:
        """One class is a sigmoid; several are a softmax with the background first."""
        return 1 if len(self.classes) == 1 else len(self.classes) + 1


@dataclass(frozen=True, slots=True)
class Model:
    info: ModelInfo
    network: TernausNet

    def renamed(self, name: str) -> Model:
        """The same network as the start of a new version whose parent is this one."""
        return Model(replace(self.info, name=name, parent=self.info.name, metrics={}), self.network)


def new_model(info: ModelInfo, *, seed: int = 0, encoder_weights: Path | None = None) -> Model:
    """An untrained model; with `encoder_weights` (VGG under torchvision's names) a started encoder."""
    torch.manual_seed(seed)
    network = build(info.architecture, num_classes=info.num_outputs, num_filters=info.num_filters, decoder=info.decoder)
    if encoder_weights is not None:
        try:
            load_vgg_encoder(network, read_state(encoder_weights))
        except (KeyError, RuntimeError) as error:
            raise ModelError(
                "{path} does not hold the VGG weights that {architecture} starts from: {reason}",
                path=encoder_weights, architecture=info.architecture, reason=error,
            ) from error  # fmt: skip
    return Model(info, network)


def grown(model: Model, new: tuple[str, ...]) -> Model:
    """The model with classes `new` after its own, which finds what it found before until it learns.

    A new class begins as a part of the first one: with its weights, `SHYNESS` less likely. The probabilities of the
    background and of all other classes stay exactly; the first class gives up what the new ones get.
    """
    state = model.network.state_dict()
    weight, bias = state["final.weight"], state["final.bias"].clone()
    if model.info.num_outputs == 1:  # sigmoid(x) is softmax(0, x)
        weight, bias = torch.cat([torch.zeros_like(weight), weight]), torch.cat([torch.zeros_like(bias), bias])
    bias[1] -= math.log1p(len(new) * math.exp(-SHYNESS))
    state["final.weight"] = torch.cat([weight, weight[1:2].repeat(len(new), 1, 1, 1)])
    state["final.bias"] = torch.cat([bias, (bias[1:2] - SHYNESS).repeat(len(new))])
    larger = new_model(replace(model.info, classes=(*model.info.classes, *new)))
    larger.network.load_state_dict(state)
    return larger


def load_model(folder: Path) -> Model:
    """Read a model folder. Raises ModelError naming the file when it is absent, foreign, newer or damaged."""
    info = read_info(folder)
    with torch.device("meta"):  # random weights take longer to make than these to read
        network = build(
            info.architecture, num_classes=info.num_outputs, num_filters=info.num_filters, decoder=info.decoder
        )
    tensors = read_state(folder / WEIGHTS_FILE)
    try:
        state = {name: tensor.to(torch.float32, copy=True) for name, tensor in tensors.items()}
        network.load_state_dict(state, assign=True)
    except RuntimeError as error:
        raise ModelError(
            "{path} does not fit the network named in {info}: the model is damaged. Import it again.",
            path=folder / WEIGHTS_FILE, info=INFO_FILE,
        ) from error  # fmt: skip
    return Model(info, network.eval())


def read_info(folder: Path) -> ModelInfo:
    path = folder / INFO_FILE
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(
            "{folder} is not a model: it has no readable {info}. Choose a model folder of this program.",
            folder=folder, info=INFO_FILE,
        ) from error  # fmt: skip
    try:
        if msgspec.json.decode(content, type=dict[str, object]).get("schema") != SCHEMA:
            raise ModelError(
                "{path} was written by a newer version of this program. Update the program to use this model.",
                path=path,
            )
        return msgspec.json.decode(content, type=ModelInfo)
    except msgspec.DecodeError as error:
        raise ModelError("{path} is damaged: {reason}. Import the model again.", path=path, reason=error) from error


def save_model(model: Model, folder: Path, *, dtype: torch.dtype = torch.float16) -> ModelInfo:
    """Write weights and `model.json` into `folder`, each whole or not at all; the info goes last.

    float16 halves the file; float32 keeps foreign weights exactly as they came.
    """
    make_folder(folder)
    state = {name: tensor.detach().to(dtype).contiguous() for name, tensor in model.network.state_dict().items()}
    content = save(state)
    info = replace(
        model.info,
        weights_sha256=hashlib.sha256(content).hexdigest(),
        created=model.info.created or datetime.now(UTC).isoformat(timespec="seconds"),
    )
    write_atomic(folder / WEIGHTS_FILE, content)
    write_atomic(folder / INFO_FILE, msgspec.json.format(msgspec.json.encode(info), indent=2) + b"\n")
    return info


def write_atomic(path: Path, content: bytes) -> None:
    """Replace a file as a whole: after a crash either the old content or the new is there. Raises ModelError."""
    try:
        temporary = path.with_name(f".{path.name}-{secrets.token_hex(4)}.tmp")
        try:
            with temporary.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise unwritable(path, error) from error


def make_folder(folder: Path) -> None:
    """Make it with its parents. Raises ModelError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error


def unwritable(path: Path, error: Exception) -> ModelError:
    return ModelError(
        "{path} could not be written ({reason}). Free some space or choose another folder.",
        path=path, reason=getattr(error, "strerror", None) or error,
    )  # fmt: skip
