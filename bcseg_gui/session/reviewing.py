"""How far each picture is, and the person's word that its mask is right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from bcseg_gui.compute.segmenting.spec import bounds_of
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.i18n import _, ngettext
from bcseg_gui.core.project import Status
from bcseg_gui.core.project.entry import LARGEST_PICTURE

from .document import Document
from .segmenting import NOWHERE

if TYPE_CHECKING:
    from .session import Session


class Reviewing(QObject):
    """Of the pictures of a session; regions are in level-0 pixels."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._unwritten: dict[Path, Status] = {}
        """What could not be written in the project, and is tried again"""
        self.next_left: Callable[[int], int | None] = lambda index: session.worklist.next_left(index)
        """Place of the picture to go to after that at a place: the next with something to do in the order shown"""

    def follow(self, document: Document) -> None:
        """Keep in step with what is done to this document's mask."""
        document.edited.connect(self._edited)
        document.segmented.connect(self._begun)
        document.saved.connect(self._catch_up)
        document.overwritten.connect(self._overwritten)

    @property
    def status(self) -> str:
        """Of the picture in front: "todo", "doing" or "reviewed"; empty without one."""
        document = self._session.document
        return self.status_of(document.path) if document is not None else ""

    def status_of(self, path: Path) -> str:
        entry = self._session.entry(path)
        return entry.status if entry is not None else "todo"

    @property
    def count(self) -> int:
        """Pictures that are reviewed."""
        return self._session.project.reviewed_count if self._session.project is not None else 0

    @property
    def is_enough(self) -> bool:
        """To learn from; of a single picture a part is kept for the test."""
        return self.count >= 1

    @property
    def has_todo(self) -> bool:
        return self._session.worklist.has_left

    @property
    def is_complete(self) -> bool:
        return bool(self._session.worklist) and not self.has_todo

    @property
    def regions(self) -> tuple[Region, ...]:
        """What is reviewed of the slide in front."""
        document = self._session.document
        entry = self._session.entry(document.path) if document is not None else None
        return entry.reviewed_regions() if entry is not None else ()

    def mark(self, visible: Region = NOWHERE) -> None:
        """All cells of the picture in front are right; goes to the next one to do. Raises UserError.

        Of a large slide only what is selected, or else `visible`, counts, and it stays in front.
        """
        session, document = self._session, self._session.document
        if document is None or document.segmenting:
            return
        document.needed_mask()
        document.keep()
        session.times.keep()
        if document.is_large:
            self._mark_part(document, bounds_of(document.selection) if document.selection else visible)
            return
        self._set_status(document.path, "reviewed", (document.whole,))
        following = self.next_left(session.index)
        if following is None:
            session.said.emit(_("All pictures are reviewed."))
        else:
            session.select(following)

    def unmark(self) -> None:
        document = self._session.document
        if document is not None and self.status == "reviewed":
            self._set_status(document.path, "doing")

    def _mark_part(self, document: Document, part: Region) -> None:
        part = document.slide.clipped(part)
        if part.area > LARGEST_PICTURE:
            raise UserError("This is too much to have been looked at cell by cell. Zoom in, or select a smaller part.")
        reviewed = (*(known for known in self.regions if known != part), part)
        self._set_status(document.path, "reviewed", reviewed)
        parts = ngettext("{n} part of this slide is reviewed.", "{n} parts of this slide are reviewed.", len(reviewed))
        self._session.said.emit(parts.format(n=len(reviewed)))

    def _edited(self, document: Document) -> None:
        if not _is_blank(document):
            self._begun(document)
            return
        # All was taken back: there is nothing to learn.
        status = self.status_of(document.path)
        self._note(document.path, "todo")
        if status == "reviewed":
            text = _("Nothing is left of what was reviewed in “{name}”, so it is to do again.")
            self._session.said.emit(text.format(name=document.path.stem))

    def _begun(self, document: Document) -> None:
        """Somebody, or a model that may have found no cell, has worked on it."""
        status = self.status_of(document.path)
        self._note(document.path, "reviewed" if status == "reviewed" else "doing")

    def _note(self, path: Path, status: Status) -> None:
        """What was painted is safe whether this can be written or not."""
        told = self._unwritten.pop(path, None) is not None
        if status == self.status_of(path):
            return
        try:
            self._set_status(path, status)
        except UserError as error:
            if not told:
                self._session.failed.emit(error)
            self._unwritten[path] = status

    def _catch_up(self) -> None:
        for path, status in list(self._unwritten.items()):
            self._note(path, status)

    def _overwritten(self, document: Document, region: Region) -> None:
        """What was declared right may be so no longer."""
        entry = self._session.entry(document.path)
        if entry is None or entry.status != "reviewed":
            return
        left = tuple(part for part in entry.reviewed_regions() if part.intersected(region).is_empty)
        if len(left) < len(entry.reviewed_regions()):
            self._set_status(document.path, "reviewed" if left else "doing", left)
            text = _("“{name}” was segmented anew, so it has to be reviewed again.")
            self._session.said.emit(text.format(name=document.path.stem))

    def _set_status(self, path: Path, status: Status, reviewed: tuple[Region, ...] = ()) -> None:
        self._unwritten.pop(path, None)  # out of date now
        project = self._session.needed_project()
        project.update(replace(project.add(path), status=status, reviewed=reviewed))
        self._session.mark(path, status)


def _is_blank(document: Document) -> bool:
    """All edits are taken back and nothing is left; false where that cannot be known for now."""
    mask = document.mask
    try:
        return mask is not None and not mask.can_undo and mask.is_blank
    except UserError:  # it cannot be written, and that is told
        return False
