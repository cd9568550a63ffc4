"""Atomic writing of model files."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from .errors import ModelError


def write_atomic(path: Path, content: bytes) -> None:
    """Replace a file atomically: after a crash it holds either the old content or the new. Raises ModelError."""
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
        path=path,
        reason=getattr(error, "strerror", None) or error,
    )
