"""How far each picture is, and the person's word that its mask is right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from bcseg_gui.compute.segmenting.spec import bounds_of
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.i18n import _, ngettext
from bcseg_gui.core.project import Project, Status
from bcseg_gui.core.project.entry import LARGEST_PICTURE

from .document import NOWHERE, Document
from .open import Open
from .stream import Stream


class Reviewing(QObject):
    """Regions are in level-0 pixels."""

    said = Signal(str)
    failed = Signal(object)
    """UserError"""

    def __init__(
        self,
        opened: Open,
        needed_project: Callable[[], Project],
        before_mark: Callable[[], None],
        go_on: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        """`before_mark` is called before a picture is declared right; `go_on` brings the next one that is still to be
        worked on to the front, False when there is none.
        """
        super().__init__(parent)
        self._open, self._needed_project = opened, needed_project
        self._before_mark, self._go_on = before_mark, go_on
        self._unwritten: dict[Path, Status] = {}
        """What could not be written in the project, and is tried again"""

    def follow(self, document: Document) -> None:
        """Keep in step with what is done to this document's mask."""
        document.edited.connect(self._edited)
        document.stream.finished.connect(self._segmented)
        document.saved.connect(self._catch_up)
        document.stream.blockWritten.connect(self._overwritten)

    @property
    def status(self) -> str:
        """Of the picture in front: "todo", "doing" or "reviewed"; empty without one."""
        document = self._open.document
        return self.status_of(document.path) if document is not None else ""

    def status_of(self, path: Path) -> str:
        entry = self._open.entry(path)
        return entry.status if entry is not None else "todo"

    @property
    def count(self) -> int:
        """Pictures that are reviewed."""
        return self._open.project.reviewed_count if self._open.project is not None else 0

    @property
    def is_enough(self) -> bool:
        """To learn from; of a single picture a part is kept for the test."""
        return self.count >= 1

    @property
    def has_todo(self) -> bool:
        return self._open.worklist.has_left

    @property
    def is_complete(self) -> bool:
        return bool(self._open.worklist) and not self.has_todo

    @property
    def regions(self) -> tuple[Region, ...]:
        """What is reviewed of the slide in front."""
        entry = self._open.front_entry()
        return entry.reviewed_regions() if entry is not None else ()

    def mark(self, visible: Region = NOWHERE) -> None:
        """Declare all cells of the picture in front right, and go to the next one to do. Raises UserError.

        Of a large slide only what is selected, or else `visible`, counts, and it stays in front.
        """
        document = self._open.document
        if document is None or document.segmenting:
            return
        document.needed_mask()
        document.save()
        self._before_mark()
        if document.needs_parts:
            self._mark_part(document, bounds_of(document.selection) if document.selection else visible)
            return
        self._set_status(document.path, "reviewed", (document.whole,))
        if not self._go_on():
            self.said.emit(_("All pictures are reviewed."))

    def unmark(self) -> None:
        document = self._open.document
        if document is not None and self.status == "reviewed":
            self._set_status(document.path, "doing")

    def _mark_part(self, document: Document, part: Region) -> None:
        part = document.slide.clipped(part)
        if part.area > LARGEST_PICTURE:
            raise UserError("This is too much to have been looked at cell by cell. Zoom in, or select a smaller part.")
        reviewed = (*(known for known in self.regions if known != part), part)
        self._set_status(document.path, "reviewed", reviewed)
        parts = ngettext("{n} part of this slide is reviewed.", "{n} parts of this slide are reviewed.", len(reviewed))
        self.said.emit(parts.format(n=len(reviewed)))

    def _edited(self, document: Document) -> None:
        if not _is_blank(document):
            self._begun(document.path)
            return
        # All was taken back: there is nothing to learn.
        status = self.status_of(document.path)
        self._note(document.path, "todo")
        if status == "reviewed":
            text = _("Nothing is left of what was reviewed in “{name}”, so it is to do again.")
            self.said.emit(text.format(name=document.path.stem))

    def _segmented(self, stream: Stream) -> None:
        self._begun(stream.path)

    def _begun(self, path: Path) -> None:
        """Somebody, or a model that may have found no cell, has worked on it."""
        self._note(path, "reviewed" if self.status_of(path) == "reviewed" else "doing")

    def _note(self, path: Path, status: Status) -> None:
        """Set a status, now or later: what was painted is safe whether this can be written or not."""
        was_reported = self._unwritten.pop(path, None) is not None
        if status == self.status_of(path):
            return
        try:
            self._set_status(path, status)
        except UserError as error:
            if not was_reported:
                self.failed.emit(error)
            self._unwritten[path] = status

    def _catch_up(self) -> None:
        for path, status in list(self._unwritten.items()):
            self._note(path, status)

    def _overwritten(self, stream: Stream, region: Region) -> None:
        """What was declared right may be so no longer."""
        entry = self._open.entry(stream.path)
        if entry is None or entry.status != "reviewed":
            return
        left = tuple(part for part in entry.reviewed_regions() if part.intersected(region).is_empty)
        if len(left) < len(entry.reviewed_regions()):
            self._set_status(stream.path, "reviewed" if left else "doing", left)
            text = _("“{name}” was segmented anew, so it has to be reviewed again.")
            self.said.emit(text.format(name=stream.path.stem))

    def _set_status(self, path: Path, status: Status, reviewed: tuple[Region, ...] = ()) -> None:
        self._unwritten.pop(path, None)  # out of date now
        project = self._needed_project()
        project.update(replace(project.add(path), status=status, reviewed=reviewed))
        self._open.mark(path, status)


def _is_blank(document: Document) -> bool:
    """All edits are undone and nothing is left; False where that cannot be known for now."""
    mask = document.mask
    try:
        return mask is not None and not mask.can_undo and mask.is_blank
    except UserError:  # it cannot be written, which has been reported
        return False
