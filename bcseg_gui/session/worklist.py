"""What a person means by the files they open: which slides, in which project."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import UserError
from ..core.project import Project, SlideEntry
from ..core.slides import find_slides


@dataclass(frozen=True, slots=True)
class WorklistItem:
    """`status`: "todo", "doing", "reviewed", or "problem" when the slide could not be opened."""

    path: Path
    status: str = "todo"
    problem: str = ""


def locate(paths: list[Path], open_project: Callable[[Path], Project]) -> tuple[Project | None, Path, list[Path]]:
    """(the project if it exists, the folder where it is or would be, the slides). Raises UserError."""
    if len(paths) == 1 and is_project(paths[0]):
        opened = open_project(paths[0])
        return opened, paths[0], [entry.path for entry in opened.slides]
    found = find_slides(paths)
    home = Project.beside(paths[0])
    project = open_project(home) if home.is_dir() and not Project.may_begin(home) else None
    if project and paths[0].is_dir():
        # Pictures that were worked on and are gone stay on the list: that says it plainly.
        found += [entry.path for entry in project.slides if entry.path not in found]
    return project, home, found


def worklist(paths: Sequence[Path], project: Project | None) -> list[WorklistItem]:
    """Raises UserError when there is no slide to work on."""
    if project is not None and not paths:
        raise UserError("The project “{project}” holds no picture yet.", project=project.name)
    entries = {entry.path: entry for entry in project.slides} if project is not None else {}
    return [WorklistItem(path, entries[path].status if path in entries else "todo") for path in paths]


def is_project(folder: Path) -> bool:
    return (folder.suffix == ".bcseg" and folder.is_dir()) or (folder / "project.json").is_file()


def entry_of(path: Path, project: Project | None) -> SlideEntry | None:
    """What the project remembers of a slide, if it does."""
    if project is None:
        return None
    return next((entry for entry in project.slides if entry.path == path), None)
