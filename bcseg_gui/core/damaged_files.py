"""Keeping damaged files under another name when a sound copy replaces them."""

from __future__ import annotations

import itertools
import shutil
from datetime import UTC, datetime
from pathlib import Path

from .files import new_file, sync_folder

TIMESTAMP = "%Y-%m-%dT%H-%M-%S"
_DAMAGED = "-damaged-"


def timestamp(moment: datetime) -> str:
    """UTC as part of a file name; sorts chronologically."""
    return moment.astimezone(UTC).strftime(TIMESTAMP)


def keep_damaged(path: Path) -> Path:
    """Link or copy a damaged file to a name that says so, so that `path` can be replaced; return that name.

    Never overwrites. Raises OSError.
    """
    name = f"{path.stem}{_DAMAGED}{timestamp(datetime.now(UTC))}"
    for number in itertools.count(1):
        kept = path.with_name(f"{name}-{number}{path.suffix}" if number > 1 else f"{name}{path.suffix}")
        try:
            _link_or_copy(path, kept)
        except FileExistsError:
            continue
        sync_folder(path.parent)
        return kept
    raise AssertionError


def is_kept_damaged(path: Path) -> bool:
    """Whether the name is one that `keep_damaged` gives."""
    return _DAMAGED in path.name


def _link_or_copy(path: Path, other: Path) -> None:
    try:
        other.hardlink_to(path)
        return
    except FileExistsError:
        raise
    except OSError:  # some drives know no second names
        pass
    try:
        with path.open("rb") as source, new_file(other) as target:
            shutil.copyfileobj(source, target)
    except FileExistsError:
        raise
    except OSError:
        other.unlink(missing_ok=True)
        raise
