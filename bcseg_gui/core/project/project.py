"""A project folder `NAME.bcseg`: its slides, their masks, its models and datasets. Slide files are only ever read."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from platformdirs import user_data_path

from ..errors import UserError
from ..files import fingerprint, is_leftover, make_folder, read_json, remove_leftovers, write_json
from . import holdout
from .entry import MaskClass, ProjectFile, SlideEntry
from .lock import ProjectLock
from .promotions import Promotions
from .registry import ModelRegistry

_PROJECT_FILE = "project.json"
_SLIDE_FILE = "slide.json"
_MASK_FILE = "mask.sqlite"
_LOCK_FILE = "project.lock"

_DISK_THREADS = 16
"""Small files wait for the disk or the network, not for each other: 1,000 slides are added in 2 s instead of 7."""


class Project:
    """An open project, held by this process alone until `close`; use it from one thread.

    Every change is on disk, whole, when its method returns; a method that raises has changed nothing.
    """

    def __init__(self, folder: Path, lock: ProjectLock, content: ProjectFile, slides: Iterable[SlideEntry]) -> None:
        self.folder = folder
        self._lock = lock
        self._content = content
        self._slides = {entry.id: entry for entry in slides}
        self._ids = {_path_key(entry.path): entry.id for entry in self._slides.values()}

    @classmethod
    def create(cls, folder: Path) -> Self:
        """Make an empty project and open it. Raises UserError when something is there already, or on a failed write."""
        folder = _absolute(folder)
        if not cls.may_begin(folder):
            raise UserError("“{folder}” exists already. Open it, or choose another name.", folder=folder)
        make_folder(folder)
        lock = ProjectLock(folder / _LOCK_FILE)
        try:
            remove_leftovers(folder)
            write_json(folder / _PROJECT_FILE, ProjectFile())
        except BaseException:
            lock.release()
            raise
        return cls(folder, lock, ProjectFile(), ())

    @classmethod
    def may_begin(cls, folder: Path) -> bool:
        """Nothing is there, or only what is left where making a project was cut off, by a full disk or a power cut."""
        if not folder.exists():
            return True
        return folder.is_dir() and all(path.name == _LOCK_FILE or is_leftover(path) for path in folder.iterdir())

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Raises UserError when it is no project, another program has it open, or a file is damaged or too new."""
        folder = _absolute(folder)
        if not (folder / _PROJECT_FILE).is_file():
            raise UserError("“{folder}” is not a project: it holds no project.json.", folder=folder)
        lock = ProjectLock(folder / _LOCK_FILE)
        try:
            for place in (folder, folder / "datasets", folder / "models"):
                remove_leftovers(place)
            content = read_json(folder / _PROJECT_FILE, ProjectFile)
            with ThreadPoolExecutor(_DISK_THREADS) as threads:
                slides = list(threads.map(partial(_read_entry, folder), content.slides))
            return cls(folder, lock, content, slides)
        except BaseException:
            lock.release()
            raise

    @classmethod
    def beside(cls, path: Path) -> Path:
        """Where the project of a picture, or of a folder of them, goes: among the pictures, else in the user's data.

        A picture and its folder have one project, so that what was done to the one is seen in the other.
        """
        path = _absolute(path)
        folder = path if path.is_dir() else path.parent
        beside = folder / f"{folder.name or 'slides'}.bcseg"
        if beside.exists() or os.access(folder, os.W_OK):
            return beside
        # Folders of the same name on several read-only drives must not share a project.
        return user_data_path("bcseg-gui", appauthor=False) / "projects" / f"{folder.name}-{_hash(str(folder))}.bcseg"

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
        """In the order they were added."""
        return list(self._slides.values())

    def get(self, slide_id: str) -> SlideEntry:
        """The entry as it is now. Raises UserError for an unknown id."""
        try:
            return self._slides[slide_id]
        except KeyError:
            raise UserError("“{project}” holds no picture “{id}”.", project=self.name, id=slide_id) from None

    def add(self, path: Path) -> SlideEntry:
        """The entry of a slide file, a new one unless it is there already. Raises UserError when it cannot be read."""
        return self.add_all([path])[0]

    def add_all(self, paths: Iterable[Path]) -> list[SlideEntry]:
        """As `add`, for all or for none. Slides are not opened: for a folder of hundreds that takes too long."""
        ids = [(self._id_for(path), path) for path in map(_absolute, paths)]
        new = {slide_id: path for slide_id, path in ids if slide_id not in self._slides}
        with ThreadPoolExecutor(_DISK_THREADS) as threads:
            added = list(threads.map(self._new_entry, new, new.values()))
        if added:
            self._write(replace(self._content, slides=(*self._content.slides, *new)))
            self._slides |= {entry.id: entry for entry in added}
            self._ids |= {_path_key(entry.path): entry.id for entry in added}
        return [self._slides[slide_id] for slide_id, _ in ids]

    def update(self, entry: SlideEntry) -> SlideEntry:
        """Keep a changed entry, and return it as kept: at its first review a slide gets its `split`, for good."""
        before = self.get(entry.id)
        entry = replace(entry, split=before.split)
        if entry.status == "reviewed" and not entry.split:
            entry = replace(entry, split=self._first_split(entry))
        if entry != before:
            self._write_entry(entry)
            self._slides[entry.id] = entry
            del self._ids[_path_key(before.path)]
            self._ids[_path_key(entry.path)] = entry.id
        return entry

    def relocate(self, entry: SlideEntry, path: Path) -> SlideEntry:
        """Tell where a vanished slide is now. Raises UserError when the file there is not the same slide."""
        path = _absolute(path)
        if fingerprint(path) != entry.fingerprint:
            raise UserError(
                "“{path}” is not the picture “{name}” that was corrected in this project.",
                path=path,
                name=entry.path.name,
            )
        return self.update(replace(entry, path=path))

    def check(self, entry: SlideEntry) -> None:
        """Raise UserError when the slide vanished or changed, or its mask is gone: none may open as an empty mask."""
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
        return self.folder / "slides" / entry.id / _MASK_FILE

    def _first_split(self, entry: SlideEntry) -> holdout.Split:
        frozen: dict[str, holdout.Split] = {}
        for other in self._slides.values():
            if other.split:
                # A copy of a slide must not be learnt from here and tested on there.
                if other.fingerprint == entry.fingerprint:
                    return other.split
                frozen[other.id] = other.split
        return holdout.split([entry.id, *frozen], frozen)[entry.id]

    def _id_for(self, path: Path) -> str:
        if known := self._ids.get(_path_key(path)):
            return known
        slide_id = _slide_id(self._stored(path))
        while slide_id in self._slides:  # that one was added from here and has moved since
            slide_id += "-2"
        return slide_id

    def _new_entry(self, slide_id: str, path: Path) -> SlideEntry:
        entry = SlideEntry(slide_id, path, fingerprint(path))
        self._write_entry(entry)
        return entry

    def _write(self, content: ProjectFile) -> None:
        write_json(self.folder / _PROJECT_FILE, content)
        self._content = content

    def _write_entry(self, entry: SlideEntry) -> None:
        folder = make_folder(self.folder / "slides" / entry.id)
        write_json(folder / _SLIDE_FILE, replace(entry, path=Path(self._stored(entry.path))))

    def _stored(self, path: Path) -> str:
        """Relative to the project folder when under its parent, so that both can be moved together."""
        stored = Path(os.path.relpath(path, self.folder)) if path.is_relative_to(self.folder.parent) else path
        try:
            stored.as_posix().encode()
        except UnicodeEncodeError:
            raise UserError(
                "The name of “{path}” holds characters that cannot be stored. Rename the file, then add it again.",
                path=ascii(str(path)),
            ) from None
        return stored.as_posix()


def _read_entry(folder: Path, slide_id: str) -> SlideEntry:
    entry = read_json(folder / "slides" / slide_id / _SLIDE_FILE, SlideEntry)
    return replace(entry, path=_absolute(folder / entry.path))


def _absolute(path: Path) -> Path:
    # Not `resolve()`: a slide reached through a link keeps the place the user knows it by.
    return Path(os.path.abspath(path))  # noqa: PTH100


def _path_key(path: Path) -> str:
    return os.path.normcase(path)


def _slide_id(stored_path: str) -> str:
    stem = unicodedata.normalize("NFKD", Path(stored_path).stem).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", stem)[:24].strip("-") or "slide"
    return f"{slug}-{_hash(os.path.normcase(stored_path))}"


def _hash(text: str) -> str:
    return hashlib.blake2b(os.fsencode(text), digest_size=5).hexdigest()
