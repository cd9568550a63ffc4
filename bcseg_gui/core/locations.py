"""Folders of the user that this program writes to outside projects, each where the platform wants it."""

from __future__ import annotations

from pathlib import Path

import platformdirs

_APP = "bcseg-gui"


def data_folder() -> Path:
    """What must be kept: models, samples, projects of read-only folders. May not exist yet."""
    return platformdirs.user_data_path(_APP, appauthor=False)


def cache_folder() -> Path:
    """What can be made again: thumbnails, unpacked pictures, engines, downloads. May not exist yet."""
    return platformdirs.user_cache_path(_APP, appauthor=False)


def log_folder() -> Path:
    """Created if missing. Raises OSError."""
    return platformdirs.user_log_path(_APP, appauthor=False, ensure_exists=True)


def model_library() -> Path:
    """The user's own models, shared by the window and the command line."""
    return data_folder() / "models"


def sample_folder() -> Path:
    """Writable copies of the sample slides."""
    return data_folder() / "samples"


def projects_folder() -> Path:
    """Projects of slides whose own folder cannot be written to."""
    return data_folder() / "projects"


def engine_cache() -> Path:
    """Outcomes of engine trials."""
    return cache_folder() / "engines"


def level_cache() -> Path:
    """Unpacked levels of large pictures. Not the system's temporary folder: often that is memory."""
    return cache_folder() / "levels"


def thumbnail_cache() -> Path:
    return cache_folder() / "thumbnails"
