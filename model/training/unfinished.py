"""The checkpoint of an unfinished training run, in the folder of the model."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from ..errors import ModelError
from ..files import unwritable
from ..info import INFO_FILE

CHECKPOINT_FILE = "checkpoint.pt"


def refuse_finished(output: Path) -> None:
    """Raise ModelError if the folder holds the model of a finished run."""
    if (output / INFO_FILE).exists() and not (output / CHECKPOINT_FILE).is_file():
        raise ModelError("{folder} holds a model already. Choose another folder.", folder=output)


def read_checkpoint(output: Path, identity: str) -> dict[str, Any] | None:
    """Return what `write_checkpoint` wrote, tensors on the CPU; None if there is no checkpoint.

    Raises ModelError for a finished model, a damaged file, and a checkpoint with another `identity`.
    """
    refuse_finished(output)
    path = output / CHECKPOINT_FILE
    if not path.is_file():
        return None
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, UnpicklingError) as error:
        raise ModelError("{path} is damaged. Delete it to start the training anew.", path=path) from error
    if state["identity"] != identity:
        raise ModelError(
            "{folder} holds an unfinished training with other pictures or settings. Choose another folder.",
            folder=output,
        )
    return state


def write_checkpoint(output: Path, identity: str, state: dict[str, Any]) -> None:
    """Replace the checkpoint atomically. `state`: tensors and plain values. Raises ModelError on a full disk."""
    path = output / CHECKPOINT_FILE
    temporary = path.with_suffix(".tmp")
    try:
        with temporary.open("wb") as file:
            torch.save({"identity": identity, **state}, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except (OSError, RuntimeError) as error:  # torch raises the latter on a full disk
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise unwritable(path, error) from error


def remove_checkpoint(output: Path) -> None:
    """Mark the run as finished."""
    (output / CHECKPOINT_FILE).unlink(missing_ok=True)
