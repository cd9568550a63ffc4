"""A retraining in progress, paused or interrupted: what is needed to resume it.

    PROJECT/retraining/run.json   `Unfinished`
    PROJECT/retraining/NAME/      the model that is being trained, with the checkpoint of its last round

A project has at most one. It is removed once its model is in the project's library.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from ..files import LostFileError, make_folder, read_json, write_json

FOLDER = "retraining"
RUN_FILE = "run.json"


@dataclass(frozen=True, slots=True)
class Unfinished:
    """`model`: the name that the new version is to have; `dataset` and `parent`: an id and a name of the project's.

    `learn` and `test` count pictures; `done`: rounds that are behind it. `classes`, `new_target`: as of a
    `protocol.Train`.
    """

    model: str
    dataset: str
    parent: str
    epochs: int
    learn: int
    test: int
    done: int = 0
    seed: int = 0
    classes: dict[str, int] = field(default_factory=dict)
    new_target: bool = False
    schema: int = 1


def find_unfinished(project: Path) -> Unfinished | None:
    """The retraining that can be resumed, or None; a damaged one cannot. Raises UserError."""
    path = project / FOLDER / RUN_FILE
    if not path.is_file():
        return None
    try:
        run = read_json(path, Unfinished)
    except LostFileError:
        return None
    return run if (project / "datasets" / run.dataset).is_dir() else None


def save_unfinished(project: Path, run: Unfinished) -> Path:
    """Save `run`, replacing any other, and return the folder to train into. Raises UserError."""
    folder = make_folder(project / FOLDER)
    for other in folder.iterdir():
        if other.is_dir() and other.name != run.model:
            shutil.rmtree(other, ignore_errors=True)
    write_json(folder / RUN_FILE, run)
    return folder / run.model


def discard_unfinished(project: Path) -> None:
    shutil.rmtree(project / FOLDER, ignore_errors=True)
