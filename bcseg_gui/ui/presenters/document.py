"""Keeps the slide view, the cell count and the history in step with the open document."""

from __future__ import annotations

from PySide6.QtCore import QMetaObject, QObject

from bcseg_gui.core.geometry import Region
from bcseg_gui.session.document import Document
from bcseg_gui.session.session import Session

from ..operations.editing import Editing
from ..panels.cells.count import CellsPanel
from ..panels.history import HistoryPanel
from ..slide_view import SlideView


class DocumentPresenter(QObject):
    def __init__(
        self, session: Session, view: SlideView, cells: CellsPanel, history: HistoryPanel, editing: Editing
    ) -> None:
        super().__init__(view)
        self._session, self._view, self._editing = session, view, editing
        self._cells, self._history = cells, history
        self._connections: list[QMetaObject.Connection] = []
        view.selectionChanged.connect(self._selection_changed)
        view.viewMoved.connect(lambda: session.counting.set_view(view.visible_region()))

    def show(self) -> None:
        """Call when another document is in front, or none."""
        document = self._session.document
        self._follow(document)
        self._view.set_slide(document.slide if document else None)
        self._editing.document_changed()
        self._view.set_mask(document.mask if document else None)
        self._history.show_document(document)
        if document is not None:
            self._view.set_empty_regions(document.stream.empty_regions)
            self._view.set_selection(document.selection)

    def refresh(self) -> None:
        """Call when the scale or reviewed regions of the document may have changed."""
        document = self._session.document
        self._view.set_mpp(self._session.scale.mpp)
        self._view.set_reviewed_regions(
            self._session.reviewing.regions if document is not None and document.needs_parts else ()
        )
        self._cells.show_unfinished(self._session.segmenting.percent_done)
        size = self._session.scale.cell_size
        diameter = size.diameter or 0.0 if size is not None else 0.0
        self._view.set_cell_diameter(diameter)

    def _follow(self, document: Document | None) -> None:
        """Listen to this document only; the previous one may still be segmented."""
        for connection in self._connections:
            QObject.disconnect(connection)
        self._connections = (
            []
            if document is None
            else [
                document.maskOpened.connect(self._mask_opened),
                document.maskChanged.connect(self._mask_changed),
                document.stream.emptyFound.connect(self._view.set_empty_regions),
            ]
        )

    def _mask_opened(self) -> None:
        if (document := self._session.document) is not None:
            self._view.set_mask(document.mask)

    def _mask_changed(self, region: Region) -> None:
        document = self._session.document
        self._view.mask_changed(region, at_once=document is not None and not document.segmenting)
        self._editing.mask_changed(region)

    def _selection_changed(self) -> None:
        if (document := self._session.document) is not None:
            document.select(self._view.selection)
