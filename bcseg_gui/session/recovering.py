"""Recovering the damaged mask of a picture, off the main thread."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QThreadPool, Signal

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.masks.failures import DamagedMaskError
from bcseg_gui.core.masks.storage.recovery import Recovered, examine, recover
from bcseg_gui.core.project import Project, SlideEntry
from bcseg_gui.core.slides import open_slide

from .background import Task
from .session import Session


class Recovering(QObject):
    """`examine` says what `recover` would save, and changes nothing. Each ends with its signal or with `failed`."""

    examined = Signal(object)
    """Recovered"""
    recovered = Signal(object)
    """Recovered; where cells are lost the picture is to be reviewed again. The session shows it if it can"""
    failed = Signal(object)
    """Exception, a UserError if it is one a person can act on; nothing was changed"""

    def __init__(self, session: Session, error: DamagedMaskError, parent: QObject | None = None) -> None:
        """Raises UserError when the mask is none of a project's, or its picture is gone."""
        super().__init__(parent)
        self._session = session
        self._mask = error.path
        self._folder = error.path.parent.parent.parent
        self._page = _page_of(error.path)
        with _opened(session, self._folder) as project:
            entry = project.get(error.path.parent.name)
        self.picture = entry.path
        with open_slide(entry.path, self._page) as slide:
            self._dimensions = slide.dimensions
        self._pool = QThreadPool(self)

    @property
    def loses_strokes(self) -> bool:
        """Something was painted that could not be written to the damaged file."""
        document = self._session.document
        return document is not None and document.path == self.picture and not document.is_saved

    def examine(self) -> None:
        Task(self._pool, lambda: examine(self._mask, self._dimensions), self.examined.emit, self.failed.emit, self)

    def recover(self) -> None:
        """Close the picture, put a sound mask in the place of the damaged one, and open it again."""
        self._session.let_go(self.picture)
        try:
            with ExitStack() as stack:
                project = stack.enter_context(_opened(self._session, self._folder))
                self._opened = stack.pop_all()
        except UserError as error:
            self.failed.emit(error)
            return
        Task(
            self._pool,
            lambda: recover(self._mask, self._dimensions),
            lambda found: self._take(found, project),
            self._give_up,
            self,
        )

    def _take(self, found: Recovered, project: Project) -> None:
        with self._opened:
            if found.lost or found.more_lost:
                try:
                    project.update(_to_review_again(project.get(self._mask.parent.name), self._page))
                except UserError as error:
                    self.failed.emit(error)
        self._show()
        self.recovered.emit(found)

    def _give_up(self, error: Exception) -> None:
        self._opened.close()
        if self._session.document is None:
            self._show()
        self.failed.emit(error)

    def _show(self) -> None:
        """Again the picture that was let go, or could not be opened from the worklist."""
        place = self._session.worklist.place(self.picture)
        if place >= 0:
            self._session.select(place)

    def stop(self) -> None:
        """Wait for what is under way."""
        self._pool.waitForDone()


@contextmanager
def _opened(session: Session, folder: Path) -> Iterator[Project]:
    """The project in `folder`: the session's, or opened, and locked, for a while. Raises UserError."""
    if session.project is not None and session.project.folder == folder:
        yield session.project
    else:
        with Project.open(folder) as project:
            yield project


def _page_of(mask: Path) -> int:
    found = re.fullmatch(r"mask-page(\d+)", mask.stem)
    return int(found[1]) if found else 0


def _to_review_again(entry: SlideEntry, page: int) -> SlideEntry:
    """What is no longer there must not be learnt from as background."""
    if entry.page == page:
        return replace(entry, status="doing", reviewed=())
    pages = (
        replace(other, status="doing", reviewed=()) if other.page == page else other for other in entry.other_pages
    )
    return replace(entry, other_pages=tuple(pages))
