"""Which slides a person means by the files they open, in which project, and how far each one is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import overload

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.project import Project
from bcseg_gui.core.slides import find_slides

LEFT = ("todo", "doing")
"""Statuses of what is still to be worked on."""


@dataclass(frozen=True, slots=True)
class WorklistItem:
    """`status`: "todo", "doing", "reviewed", or "problem" when the slide could not be opened.

    `seconds` is how long a person worked on it. `rank`: 1 for the picture to correct first, 0 where that is unknown.
    """

    path: Path
    status: str = "todo"
    problem: str = ""
    page: int = 0
    seconds: float = 0.0
    rank: int = 0


class Worklist(Sequence[WorklistItem]):
    """The pictures in the order in which they were found, each once. Immutable: `marked` returns another worklist that
    shares the other items.
    """

    def __init__(self, items: Iterable[WorklistItem] = ()) -> None:
        self._items = list(items)
        self._places = {item.path: place for place, item in enumerate(self._items)}
        self._left = sum(item.status in LEFT for item in self._items)

    @overload
    def __getitem__(self, place: int) -> WorklistItem: ...
    @overload
    def __getitem__(self, place: slice) -> list[WorklistItem]: ...
    def __getitem__(self, place: int | slice) -> WorklistItem | list[WorklistItem]:
        return self._items[place]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[WorklistItem]:
        return iter(self._items)

    def place(self, path: Path) -> int:
        """Index of a picture, −1 when it is not on the list."""
        return self._places.get(path, -1)

    def marked(self, item: WorklistItem) -> Worklist:
        """With `item` instead of the one of the same path, which must be there."""
        place = self._places[item.path]
        other = Worklist()
        other._items = self._items.copy()
        other._items[place] = item
        other._places = self._places
        other._left = self._left + (item.status in LEFT) - (self._items[place].status in LEFT)
        return other

    @property
    def has_left(self) -> bool:
        """Some pictures are still to be worked on."""
        return self._left > 0


@dataclass(frozen=True, slots=True)
class Located:
    """The slides that some paths mean, and their project. `home` is where that is or would be.

    `folders` and `pictures` are the paths that the project is to list. `problem`: what could not be read, while the
    rest can be worked on.
    """

    project: Project | None
    home: Path
    slides: list[Path]
    folders: tuple[Path, ...] = ()
    pictures: tuple[Path, ...] = ()
    problem: UserError | None = None


def locate(paths: list[Path], open_project: Callable[[Path], Project]) -> Located:
    """What opening these paths comes to. Raises UserError."""
    if len(paths) == 1 and is_project(paths[0]):
        return _whole_project(open_project(paths[0]), paths[0])
    found = find_slides(paths)
    home = Project.beside(paths[0])
    project = open_project(home) if home.is_dir() and not Project.may_begin(home) else None
    if project and paths[0].is_dir():
        # Pictures that were worked on and are gone stay on the list: that says it plainly.
        found = _joined(found, (entry.path for entry in project.slides))
    folders = tuple(path for path in paths if path.is_dir())
    return Located(project, home, found, folders, tuple(path for path in paths if path not in folders))


def _whole_project(project: Project, home: Path) -> Located:
    found: list[Path] = []
    problem: UserError | None = None
    for folder in project.folders:
        try:
            found = _joined(found, find_slides([folder]))
        except UserError as error:  # the others can be worked on
            problem = problem or error
    found = _joined(found, project.pictures)
    return Located(project, home, _joined(found, (entry.path for entry in project.slides)), problem=problem)


def _joined(first: Iterable[Path], then: Iterable[Path]) -> list[Path]:
    return list(dict.fromkeys((*first, *then)))


def worklist(located: Located) -> Worklist:
    """The worklist of what was located. Raises UserError when there is no slide to work on."""
    project = located.project
    if project is not None and not located.slides:
        raise located.problem or UserError("The project “{project}” holds no picture yet.", project=project.name)
    entries = {entry.path: entry for entry in project.slides} if project is not None else {}
    items = (
        WorklistItem(path, entry.status, page=entry.page, seconds=entry.seconds_spent)
        if (entry := entries.get(path))
        else WorklistItem(path)
        for path in located.slides
    )
    return Worklist(items)


def is_project(folder: Path) -> bool:
    return (folder.suffix == ".bcseg" and folder.is_dir()) or (folder / "project.json").is_file()
