"""What `model.json` says of a model. Read without torch, which takes a second to load."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import msgspec

from .errors import ModelError
from .networks import NETWORKS, Decoder

SCHEMA = 1
WEIGHTS_FILE = "weights.safetensors"
INFO_FILE = "model.json"


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What `model.json` says. Diameters in pixels: of the working scale, and of level 0 in the training pictures.

    `architecture`: a name in `NETWORKS`; any other raises ValueError, and so does not decode.
    `smallest` and `smallest_at_edge`: share of a usual cell's area below which a thing is no cell, and below which a
    cell is passed over because the picture's edge leaves so little of it. `teacher`: the larger model that this one was
    distilled from.
    """

    name: str
    architecture: str = "ternausnet16"
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

    def __post_init__(self) -> None:
        if self.architecture not in NETWORKS:
            raise ValueError(f"there is no network “{self.architecture}”")

    @property
    def stride(self) -> int:
        """Height and width of the network's input must be multiples of this."""
        return NETWORKS[self.architecture].stride

    @property
    def num_outputs(self) -> int:
        """One class is a sigmoid; several are a softmax with the background first."""
        return 1 if len(self.classes) == 1 else len(self.classes) + 1


def read_info(folder: Path) -> ModelInfo:
    path = folder / INFO_FILE
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(
            "{folder} is not a model: it has no readable {info}. Choose a model folder of this program.",
            folder=folder,
            info=INFO_FILE,
        ) from error
    try:
        if msgspec.json.decode(content, type=dict[str, object]).get("schema") != SCHEMA:
            raise ModelError(
                "{path} was written by a newer version of this program. Update the program to use this model.",
                path=path,
            )
        return msgspec.json.decode(content, type=ModelInfo)
    except msgspec.DecodeError as error:
        raise ModelError("{path} is damaged: {reason}. Import the model again.", path=path, reason=error) from error
