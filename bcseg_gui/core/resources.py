"""Paths of the files that ship with the app: icons, translations, weights, sample slides."""

from __future__ import annotations

from pathlib import Path


def resource(*parts: str) -> Path:
    """Path of a shipped file or folder, for example `resource("weights")`.

    An installed wheel keeps the resources inside the package, a checkout beside it; a frozen bundle may do either,
    because its modules' `__file__` lies under `sys._MEIPASS`. The path may not exist.
    """
    package = Path(__file__).resolve().parent.parent
    inside = package / "resources"
    return (inside if inside.is_dir() else package.parent / "resources").joinpath(*parts)
