"""A project folder `NAME.bcseg`: its slides, their masks, its models and datasets. Slide files are only ever read."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from ..errors import UserError
from ..files import fingerprint, is_leftover, make_folder, remove_leftovers, write_json
from ..locations import projects_folder
from ..masks import MaskClass
from ..models import ModelRegistry, Promotions
from . import holdout, paths
from .backup import Restored, Restoring, has_backups
from .class_use import require_unused
from .classes import checked
from .entry import ProjectFile, SlideEntry
from .lock import ProjectLock
from .reading import DISK_THREADS, PROJECT_FILE, SLIDE_FILE, read_entries, read_project

_LOCK_FILE = "project.lock"


class Project:
    """An open project, held by this process alone until `close`; use it from one thread.

    Every change is on disk, whole, when its method returns; a method that raises has changed nothing.
    """

    def __init__(self, folder: Path, lock: ProjectLock, content: ProjectFile, slides: Iterable[SlideEntry]) -> None:
        self.folder = folder
        self.restored: tuple[Restored, ...] = ()
        """Files that were damaged when it was opened and were restored from a backup; to be reported"""
        self._lock = lock
        self._content = content
        self._slides: dict[str, SlideEntry] = {}
        self._ids: dict[str, str] = {}
        """by `paths.key`"""
        self._reviewed: set[str] = set()
        self._sides: dict[str, holdout.Split] = {}
        """by fingerprint: copies of a slide must be on the same side of the split"""
        for entry in slides:
            self._index(entry)

    @classmethod
    def create(cls, folder: Path) -> Self:
        """Make an empty project and open it. Raises UserError when something is there already, or on a failed write."""
        folder = paths.absolute(folder)
        if not cls.may_begin(folder):
            raise UserError("“{folder}” exists already. Open it, or choose another name.", folder=folder)
        make_folder(folder)
        lock = ProjectLock(folder / _LOCK_FILE)
        try:
            remove_leftovers(folder)
            write_json(folder / PROJECT_FILE, ProjectFile())
        except BaseException:
            lock.release()
            raise
        return cls(folder, lock, ProjectFile(), ())

    @classmethod
    def may_begin(cls, folder: Path) -> bool:
        """Whether `folder` is absent or holds only the remains of an interrupted creation."""
        if not folder.exists():
            return True
        return folder.is_dir() and all(path.name == _LOCK_FILE or is_leftover(path) for path in folder.iterdir())

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Raises UserError when it is no project, another program has it open, or a file is damaged or too new."""
        folder = paths.absolute(folder)
        if not (folder / PROJECT_FILE).is_file() and not has_backups(folder):
            raise UserError("“{folder}” is not a project: it holds no project.json.", folder=folder)
        lock = ProjectLock(folder / _LOCK_FILE)
        try:
            for place in (folder, folder / "datasets", folder / "models"):
                remove_leftovers(place)
            with Restoring(folder) as restoring:
                content = read_project(folder, restoring)
                project = cls(folder, lock, content, read_entries(folder, content.slides, restoring))
            project.restored = tuple(restoring.done)
            return project
        except BaseException:
            lock.release()
            raise

    @classmethod
    def beside(cls, path: Path) -> Path:
        """Where the project of a picture or folder goes: beside the pictures, else in the user's data.

        A picture and its folder have one project, so that what was done to the one is seen in the other.
        """
        path = paths.absolute(path)
        folder = path if path.is_dir() else path.parent
        beside = folder / f"{folder.name or 'slides'}.bcseg"
        if beside.exists() or os.access(folder, os.W_OK):
            return beside
        # Folders of the same name on several read-only drives must not share a project.
        return projects_folder() / f"{folder.name}-{paths.digest(str(folder))}.bcseg"

    def close(self) -> None:
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def name(self) -> str:
        return self.folder.stem

    @property
    def classes(self) -> tuple[MaskClass, ...]:
        return self._content.classes

    @property
    def last_class_id(self) -> int:
        """The highest class id ever used."""
        return max(self._content.last_class_id, *(known.id for known in self.classes))

    def set_classes(self, classes: Sequence[MaskClass]) -> None:
        """Replace the list of classes. Masks must be saved; removed classes are looked for in all of them.

        Raises UserError when there could be no such list, or pictures hold cells of a class that is no longer on it.
        """
        tidy = checked(classes)
        self.require_unused({known.id for known in self.classes} - {known.id for known in tidy})
        if tidy != self.classes:
            last = max(self.last_class_id, *(known.id for known in tidy))
            self._write(replace(self._content, classes=tidy, last_class_id=last))

    def require_unused(self, ids: Iterable[int]) -> None:
        """Raise UserError when pictures hold cells of one of these classes."""
        gone = [known for known in self.classes if known.id in set(ids)]
        require_unused(gone, ((entry, self.mask_path(entry).parent) for entry in self.slides))

    @property
    def active_model(self) -> str:
        """Name of the ModelVersion in use; empty: the one the app came with."""
        return self._content.promotions.active

    def models(self, bundled: Path, shared: Path | None = None) -> ModelRegistry:
        """The bundled models, the user's in `shared`, and this project's own."""
        return ModelRegistry(bundled, self.folder / "models", self, shared=shared)

    def read_promotions(self) -> Promotions:
        return self._content.promotions

    def write_promotions(self, promotions: Promotions) -> None:
        self._write(replace(self._content, promotions=promotions))

    # Slides ----------------------------------------------------------------------------------------------------------

    @property
    def slides(self) -> list[SlideEntry]:
        """Slides that were worked on, in the order in which they were added."""
        return list(self._slides.values())

    @property
    def reviewed_count(self) -> int:
        return len(self._reviewed)

    @property
    def folders(self) -> list[Path]:
        """Folders whose pictures are on the worklist."""
        return [paths.loaded(stored, self.folder) for stored in self._content.folders]

    @property
    def pictures(self) -> list[Path]:
        """Individually opened pictures on the worklist."""
        return [paths.loaded(stored, self.folder) for stored in self._content.pictures]

    def remember(self, folders: Iterable[Path], pictures: Iterable[Path]) -> None:
        """Add what was opened to the worklist. Raises UserError."""
        content = replace(
            self._content,
            folders=self._joined(self._content.folders, folders),
            pictures=self._joined(self._content.pictures, pictures),
        )
        if content != self._content:
            self._write(content)

    def _joined(self, before: tuple[str, ...], opened: Iterable[Path]) -> tuple[str, ...]:
        stored = (paths.stored(paths.absolute(path), self.folder) for path in opened)
        return tuple(dict.fromkeys((*before, *stored)))

    def find(self, path: Path) -> SlideEntry | None:
        """The entry of a slide file, if it was worked on."""
        slide_id = self._ids.get(paths.key(paths.absolute(path)))
        return self._slides[slide_id] if slide_id is not None else None

    def get(self, slide_id: str) -> SlideEntry:
        """The entry as it is now. Raises UserError for an unknown id."""
        try:
            return self._slides[slide_id]
        except KeyError:
            raise UserError("“{project}” holds no picture “{id}”.", project=self.name, id=slide_id) from None

    def add(self, path: Path) -> SlideEntry:
        """The entry of a slide file, a new one unless it is there already. Raises UserError when it cannot be read."""
        return self.add_all([path])[0]

    def add_all(self, files: Iterable[Path]) -> list[SlideEntry]:
        """As `add`, for all or none. Slides are not opened, only sampled for their fingerprint."""
        ids = [(self._id_for(path), path) for path in map(paths.absolute, files)]
        new = {slide_id: path for slide_id, path in ids if slide_id not in self._slides}
        with ThreadPoolExecutor(DISK_THREADS) as threads:
            added = list(threads.map(self._new_entry, new, new.values()))
        if added:
            self._write(replace(self._content, slides=(*self._content.slides, *new)))
            for entry in added:
                self._index(entry)
        return [self._slides[slide_id] for slide_id, _ in ids]

    def update(self, entry: SlideEntry) -> SlideEntry:
        """Save a changed entry and return it as saved: a slide gets its permanent `split` at its first review."""
        before = self.get(entry.id)
        entry = replace(entry, split=before.split, split_by_hand=before.split_by_hand)
        if entry.status == "reviewed" and not entry.split:
            entry = replace(entry, split=self._first_split(entry))
        if entry != before:
            self._write_entry(entry)
            del self._ids[paths.key(before.path)]
            self._index(entry)
        return entry

    def move(self, entry: SlideEntry, side: holdout.Split) -> None:
        """Move a reviewed slide, and copies of it, to `side` of the split by hand. Raises UserError.

        Pictures that a model learnt from are no fair test of its descendants: the caller has warned of that.
        """
        for same in [known for known in self.slides if known.split and known.fingerprint == entry.fingerprint]:
            moved = replace(same, split=side, split_by_hand=True)
            self._write_entry(moved)
            self._index(moved)

    def _index(self, entry: SlideEntry) -> None:
        self._slides[entry.id] = entry
        self._ids[paths.key(entry.path)] = entry.id
        if entry.status == "reviewed":
            self._reviewed.add(entry.id)
        else:
            self._reviewed.discard(entry.id)
        if entry.split:
            self._sides[entry.fingerprint] = entry.split

    def turn(self, entry: SlideEntry, page: int) -> SlideEntry:
        """Save that another page is shown, which has its own mask and review. Raises UserError."""
        return self.update(entry.turned(page))

    def relocate(self, entry: SlideEntry, path: Path) -> SlideEntry:
        """Set the new location of a missing slide. Raises UserError when the file there is another slide."""
        path = paths.absolute(path)
        if fingerprint(path) != entry.fingerprint:
            raise UserError(
                "“{path}” is not the picture “{name}” that was corrected in this project.",
                path=path,
                name=entry.path.name,
            )
        return self.update(replace(entry, path=path))

    def check(self, entry: SlideEntry) -> None:
        """Raise UserError when the slide is missing or changed, or its mask missing: no mask may silently be empty."""
        if not entry.path.exists():
            raise UserError(
                "The picture “{path}” is gone. Its corrections are safe in “{project}”: put it back, or show where "
                "it is now.",
                path=entry.path,
                project=self.folder,
            )
        if fingerprint(entry.path) != entry.fingerprint:
            raise UserError(
                "The picture “{path}” has changed since it was added, so its corrections no longer fit. They are safe "
                "in “{project}”: put the earlier picture back.",
                path=entry.path,
                project=self.folder,
            )
        if entry.status != "todo" and not self.mask_path(entry).exists():
            raise UserError(
                "The corrections of “{name}” are gone: “{path}” is missing. Bring it back from a backup.",
                name=entry.path.name,
                path=self.mask_path(entry),
            )

    def mask_path(self, entry: SlideEntry) -> Path:
        name = f"mask-page{entry.page}.sqlite" if entry.page else "mask.sqlite"
        return self.folder / "slides" / entry.id / name

    def _first_split(self, entry: SlideEntry) -> holdout.Split:
        if side := self._sides.get(entry.fingerprint):
            return side
        return holdout.split([entry.id], self._sides)[entry.id]

    def _id_for(self, path: Path) -> str:
        if known := self._ids.get(paths.key(path)):
            return known
        slide_id = paths.slide_id(paths.stored(path, self.folder))
        while slide_id in self._slides:  # another slide was added from here and has been moved since
            slide_id += "-2"
        return slide_id

    def _new_entry(self, slide_id: str, path: Path) -> SlideEntry:
        entry = SlideEntry(slide_id, path, fingerprint(path))
        self._write_entry(entry)
        return entry

    def _write(self, content: ProjectFile) -> None:
        write_json(self.folder / PROJECT_FILE, content)
        self._content = content

    def _write_entry(self, entry: SlideEntry) -> None:
        folder = make_folder(self.folder / "slides" / entry.id)
        write_json(folder / SLIDE_FILE, replace(entry, path=Path(paths.stored(entry.path, self.folder))))
