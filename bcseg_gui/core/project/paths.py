"""How a project refers to files: paths as stored, keys for comparison, ids of slides."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from pathlib import Path

from ..errors import UserError


def stored(path: Path, project: Path) -> str:
    """Relative to the project folder when under its parent, so that both can be moved together; forward slashes."""
    kept = Path(os.path.relpath(path, project)) if path.is_relative_to(project.parent) else path
    try:
        kept.as_posix().encode()
    except UnicodeEncodeError:
        raise UserError(
            "The name of “{path}” holds characters that cannot be stored. Rename the file, then add it again.",
            path=ascii(str(path)),
        ) from None
    return kept.as_posix()


def loaded(kept: str | Path, project: Path) -> Path:
    """The absolute path for a stored one."""
    return Path(os.path.abspath(os.path.join(project, kept)))  # noqa: PTH100, PTH118  `/` takes twice as long


def absolute(path: Path) -> Path:
    # Not `resolve()`: a slide reached through a link keeps the place the user knows it by.
    return Path(os.path.abspath(path))  # noqa: PTH100


def key(path: Path) -> str:
    """Equal for paths that the system treats as the same."""
    return os.path.normcase(path)


def slide_id(stored_path: str) -> str:
    """A folder name of a–z, 0–9 and “-”, the same for the same stored path."""
    stem = unicodedata.normalize("NFKD", Path(stored_path).stem).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", stem)[:24].strip("-") or "slide"
    return f"{slug}-{digest(os.path.normcase(stored_path))}"


def digest(text: str) -> str:
    return hashlib.blake2b(os.fsencode(text), digest_size=5).hexdigest()
