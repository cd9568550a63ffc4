"""The slides that are open: the one in front, and those left while they are being segmented, until that ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.files import fingerprint
from bcseg_gui.core.i18n import _
from bcseg_gui.core.masks import Mask
from bcseg_gui.core.project import Project
from bcseg_gui.core.slides import Slide, open_slide

from .document import Document
from .open import Open
from .stream import Stream
from .tool_settings import ToolSettings


class Documents(QObject):
    documentOpened = Signal(object)
    """Document that was just opened, and is not in front yet"""
    frontChanged = Signal(object)
    """Document that comes to the front, perhaps again; None before the one in front is closed. Emitted before
    `Open.documentChanged`.
    """
    historyChanged = Signal()
    """Of a picture that is open: what can be undone, whether a segmentation can be resumed."""
    said = Signal(str)
    failed = Signal(object)
    """UserError"""

    def __init__(
        self,
        opened: Open,
        needed_project: Callable[[], Project],
        tools: ToolSettings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._open, self._needed_project, self._tools = opened, needed_project, tools
        self._documents: dict[Path, Document] = {}

    def with_masks(self) -> Mapping[Path, Document]:
        """Those whose mask is open, by their paths."""
        return {path: document for path, document in self._documents.items() if document.mask is not None}

    def get(self, path: Path) -> Document:
        """The one that is open, else a new one. Raises UserError."""
        return self._documents.get(path) or self.open(path, self._open.project)

    def open(self, path: Path, project: Project | None, page: int = 0) -> Document:
        """A slide at the page that the project remembers, else at `page`; `show` comes next. Raises UserError."""
        entry = project.find(path) if project is not None else None
        if project is not None and entry is not None:
            project.check(entry)
            page = entry.page
        slide = open_slide(path, page)
        try:
            seen = entry.fingerprint if entry is not None else fingerprint(path)
        except UserError:
            slide.close()
            raise
        # No child of ours: it holds us through `open_mask`, and a parent must not be freed by its child's end.
        document = Document(path, slide, lambda: self._open_mask(path, slide, seen, project), self._tools)
        try:
            if project is not None and entry is not None and project.mask_path(entry).exists():
                document.needed_mask()
        except BaseException:
            slide.close()
            document.deleteLater()
            raise
        document.failed.connect(self.failed)
        document.said.connect(self.said)
        document.savedAgain.connect(lambda: self.said.emit(_("Everything is saved again.")))
        document.historyChanged.connect(self.historyChanged)
        self.documentOpened.emit(document)
        document.stream.changed.connect(self._segmenting_changed)
        return document

    def show(self, document: Document) -> None:
        """Bring it to the front. The one before is closed, unless it is being segmented."""
        before, self._open.document = self._open.document, document
        self.frontChanged.emit(document)
        if document is before:
            return
        if before is not None:
            # Pictures of one microscope need the same.
            document.set_look(before.look, for_model=before.look_for_model)
            before.end_stroke()
        self._documents[document.path] = document
        self._open.documentChanged.emit()
        self._open.stateChanged.emit()
        if before is not None and not before.segmenting:
            self._close(before)
        if document.slide.warning is not None:
            self.failed.emit(document.slide.warning)

    def let_go(self, path: Path) -> None:
        """Close a picture, so that its mask can be recovered."""
        document = self._documents.get(path)
        if document is None:
            return
        if document is self._open.document:
            self.frontChanged.emit(None)
            self._open.document = None
        self._close(document)
        self._open.documentChanged.emit()
        self._open.stateChanged.emit()

    def save(self) -> None:
        """Have everything on disk, but for a segmentation under way. Raises UserError."""
        for document in list(self._documents.values()):
            document.save()

    def close(self) -> None:
        """Close all of them; what cannot be written is given up."""
        self._open.document = None
        for document in list(self._documents.values()):
            self._close(document)

    def _open_mask(self, path: Path, slide: Slide, seen: str, project: Project | None) -> Mask:
        """`seen` is the fingerprint of the slide that is shown."""
        project = project or self._needed_project()
        entry = project.add(path)
        if entry.fingerprint != seen:
            raise UserError("The picture “{path}” has changed since it was opened: open it again.", path=path)
        if entry.page != slide.page:
            entry = project.turn(entry, slide.page)
        if (entry.width, entry.height) != slide.dimensions:
            entry = project.update(entry.measured(slide))
        return Mask.open(project.mask_path(entry), slide.dimensions, owns=True)

    def _close(self, document: Document) -> None:
        if self._documents.get(document.path) is document:
            del self._documents[document.path]
        document.close()
        document.deleteLater()

    def _segmenting_changed(self, stream: Stream) -> None:
        self._open.stateChanged.emit()
        document = self._documents.get(stream.path)
        if document is not None and not document.segmenting and document is not self._open.document:
            with suppress(UserError):  # the failure has been reported; the document stays, and tries again
                document.save()
                self._close(document)
