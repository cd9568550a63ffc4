"""Read weights from a file as named tensors. Nothing in a file is ever executed."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from .errors import ModelError

_WRAPPERS = ("state_dict", "model", "model_state_dict")
"""Keys under which training checkpoints commonly keep the weights, beside epoch and optimiser."""


def read_state(path: Path) -> dict[str, Tensor]:
    """The tensors of a `.safetensors` file, else of one that `torch.save` wrote, by name, on the CPU.

    What training programs put around them comes off: a dictionary with the weights under one of its names, and the
    prefix `module.` of DataParallel. Raises ModelError for what is absent, damaged, no weights, or needs code to load.
    """
    content = _load_safetensors(path) if path.suffix == ".safetensors" else _load_pickle(path)
    if isinstance(content, dict):
        content = next((content[key] for key in _WRAPPERS if isinstance(content.get(key), dict)), content)
    if not isinstance(content, dict) or not content or not all(map(_is_named_tensor, content.items())):
        raise ModelError(
            "{path} does not hold the weights of a network under their names. "
            "Save them with torch.save(network.state_dict(), …).",
            path=path,
        )
    return {name.removeprefix("module."): tensor for name, tensor in content.items()}


def _is_named_tensor(item: tuple[object, object]) -> bool:
    return isinstance(item[0], str) and isinstance(item[1], Tensor)


def _load_safetensors(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise ModelError(
            "{path} is not a readable weights file (safetensors): {reason}", path=path, reason=error
        ) from error


def _load_pickle(path: Path) -> object:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's hints on pickle protocols are for programmers
            return torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise ModelError("{path} could not be read ({reason}).", path=path, reason=error.strerror or error) from error
    except Exception as error:  # a damaged pickle ends in whatever its bytes happen to mean
        # torch has no exception of its own for this: the restricted unpickler names the GLOBAL it was asked to call.
        if "GLOBAL" in str(error) or "TorchScript" in str(error):
            raise ModelError(
                "{path} holds more than weights: opening it would run code out of the file, so it was refused. "
                "Save the weights alone: torch.save(network.state_dict(), …).",
                path=path,
            ) from error
        raise ModelError(
            "{path} is damaged, or was not written by torch.save. Copy or download it again.", path=path
        ) from error
