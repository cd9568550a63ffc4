"""What the program remembers of a person's choices between two starts, one row each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Setting:
    """`key` is its name in the settings file and must never change; `default` gives the value when none is stored."""

    key: str
    default: Callable[[], str]


LAST_FOLDER = Setting("lastFolder", lambda: str(Path.home()))
"""Where the file dialogs open."""

SETTINGS = (LAST_FOLDER,)
