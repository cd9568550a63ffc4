"""The sample smear, where it can be written to."""

from __future__ import annotations

import shutil
from pathlib import Path

from bcseg_gui.core import locations
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.resources import resource


def sample_folder() -> Path:
    """The sample pictures in the user's data folder, copied there when they are missing. Raises UserError."""
    source = resource("samples")
    target = locations.sample_folder()
    try:
        target.mkdir(parents=True, exist_ok=True)
        for path in sorted(source.iterdir()):
            copy = target / path.name
            if path.is_file() and not copy.exists():
                part = copy.with_name(f".{path.name}.part")
                shutil.copyfile(path, part)
                part.replace(copy)
    except OSError as error:
        raise UserError(
            "The sample pictures could not be copied to “{folder}” ({reason}). Open a picture of your own.",
            folder=target,
            reason=error.strerror or error,
        ) from error
    return target
