"""Recovering the damaged mask of a picture, off the main thread."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
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
from .open import Open


class Recovering(QObject):
    """`examine` says what `recover` would save, and changes nothing. Each ends with its signal or with `failed`."""

    examined = Signal(object)
    """Recovered"""
    recovered = Signal(object)
    """Recovered; where cells are lost the picture is to be reviewed again. It is in front, if it can be shown"""
    failed = Signal(object)
    """Exception, a UserError if it is one a person can act on; nothing was changed"""

    def __init__(
        self,
        error: DamagedMaskError,
        opened: Open,
        let_go: Callable[[Path], None],
        show: Callable[[Path], None],
        parent: QObject | None = None,
    ) -> None:
        """`let_go` closes a picture that is open, `show` brings one to the front if it is on the worklist.

        Raises UserError when the mask is none of a project's, or its picture is gone.
        """
        super().__init__(parent)
        self._open, self._let_go, self._show = opened, let_go, show
        self._mask = error.path
        self._folder = error.path.parent.parent.parent
        self._page = _page_of(error.path)
        with _project(opened, self._folder) as project:
            entry = project.get(error.path.parent.name)
        self.picture = entry.path
        with open_slide(entry.path, self._page) as slide:
            self._dimensions = slide.dimensions
        self._pool = QThreadPool(self)

    @property
    def loses_strokes(self) -> bool:
        """Something was painted that could not be written to the damaged file."""
        document = self._open.document
        return document is not None and document.path == self.picture and not document.is_saved

    def examine(self) -> None:
        Task(self._pool, lambda: examine(self._mask, self._dimensions), self.examined.emit, self.failed.emit, self)

    def recover(self) -> None:
        """Close the picture, put a sound mask in the place of the damaged one, and open it again."""
        self._let_go(self.picture)
        try:
            with ExitStack() as stack:
                project = stack.enter_context(_project(self._open, self._folder))
                self._project_held = stack.pop_all()
        except UserError as error:
            self.failed.emit(error)
            return
        Task(
            self._pool,
            lambda: recover(self._mask, self._dimensions),
            lambda found: self._recovered(found, project),
            self._not_recovered,
            self,
        )

    def _recovered(self, found: Recovered, project: Project) -> None:
        with self._project_held:
            if found.lost or found.more_lost:
                try:
                    project.update(_to_review_again(project.get(self._mask.parent.name), self._page))
                except UserError as error:
                    self.failed.emit(error)
        self._show(self.picture)
        self.recovered.emit(found)

    def _not_recovered(self, error: Exception) -> None:
        self._project_held.close()
        if self._open.document is None:
            self._show(self.picture)
        self.failed.emit(error)

    def stop(self) -> None:
        """Wait for what is under way."""
        self._pool.waitForDone()


@contextmanager
def _project(opened: Open, folder: Path) -> Iterator[Project]:
    """The project in `folder`: the one that is open, or opened, and locked, for a while. Raises UserError."""
    if opened.project is not None and opened.project.folder == folder:
        yield opened.project
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
