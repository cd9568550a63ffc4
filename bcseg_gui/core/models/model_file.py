"""A model version as one file that can be sent: NAME.bcseg-model, a zip of its folder that compresses nothing."""

from __future__ import annotations

import shutil
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from ..errors import UserError
from ..files import new_file, temporary_beside, write_error

SUFFIX = ".bcseg-model"
LARGEST = 4 << 30
"""Bytes that a file of ours may come to when it is unpacked; a hundred times what a model has."""


def pack_model(folder: Path, path: Path) -> None:
    """Write `path`, whole or not at all. Raises UserError."""
    temporary = temporary_beside(path)
    try:
        with new_file(temporary) as file, zipfile.ZipFile(file, "w") as packed:
            for part in sorted(folder.iterdir()):
                packed.write(part, part.name)
        temporary.replace(path)
    except OSError as error:
        raise write_error(error, path) from error
    finally:
        temporary.unlink(missing_ok=True)


def unpack_model(path: Path, folder: Path) -> None:
    """Into a folder that is there and empty. Raises UserError when the file is damaged or none of ours."""
    try:
        with zipfile.ZipFile(path) as packed:
            parts = packed.infolist()
            # Plain names alone: nothing in it may lead out of the folder, or fill the disk.
            plain = all(part.filename == PurePosixPath(part.filename).name and not part.is_dir() for part in parts)
            if not plain or sum(part.file_size for part in parts) > LARGEST:
                raise _no_model(path)
            for part in parts:
                with packed.open(part) as reading, new_file(folder / part.filename) as writing:
                    shutil.copyfileobj(reading, writing, 1 << 20)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise _no_model(path) from error


def _no_model(path: Path) -> UserError:
    return UserError("“{path}” is damaged, or not a model of this program. Ask for it again.", path=path)
