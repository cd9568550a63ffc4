"""Who changed what in the open slide, and when; a click goes back to any edit."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QFrame,
    QHeaderView,
    QLabel,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from bcseg_gui.core.i18n import _
from bcseg_gui.core.masks import EditRecord, MaskClass
from bcseg_gui.session.document import Document

from ..widgets.folding import FoldingHeader
from .history_delegate import HistoryDelegate
from .history_model import HistoryModel, HistoryRole

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)

# Not “transparent”, which paints the groove of the scroll bar black.
_STYLE = "QTableView { background: palette(window); }"

ROWS = 7
"""Visible at most; a shorter history takes less room."""


class HistoryPanel(QWidget):
    """Folded at first. Folded, it costs nothing however long the history is."""

    chosen = Signal(int)
    """`seq` of the edit to go back or forward to; 0: the state before the first"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document: Document | None = None
        self._is_stale = False
        self._header = FoldingHeader()
        self._header.setToolTip(_("What was changed in this picture; a click goes back to it"))
        self._model = HistoryModel(self)
        self._rows = _Rows(self._model)
        self._nothing = _caption(_("Nothing was changed in this picture yet."))
        self._busy = _caption(_("While cells are being found, nothing can be taken back."))
        self._abandoned = QCheckBox(_("Also what was replaced"))
        self._abandoned.setToolTip(_("Changes that you undid before you made others: they are listed, but gone"))
        self._lay_out()
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._refresh)
        self._header.toggled.connect(self._unfold)
        self._rows.chosen.connect(self.chosen)
        self._abandoned.toggled.connect(self._show_all)
        self._unfold(False)

    def _lay_out(self) -> None:
        self._body = QWidget()
        body = QVBoxLayout(self._body)
        body.setContentsMargins(0, 4, 0, 0)
        body.setSpacing(6)
        for widget in (self._nothing, self._rows, self._busy, self._abandoned):
            body.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._header)
        layout.addWidget(self._body)

    # -- what is shown --------------------------------------------------------------------------------------------

    def show_document(self, document: Document | None) -> None:
        """Show the history of a document; None: of none."""
        self._document = document
        self._model.show_records(())
        self._abandoned.setChecked(False)
        if document is not None:
            # Never disconnected: a document left while it is segmented refreshes this panel too, which is harmless.
            document.historyChanged.connect(self.refresh)
        self.refresh()

    def show_classes(self, classes: Sequence[MaskClass]) -> None:
        self._model.show_classes(classes)

    def refresh(self) -> None:
        """Call after an edit, undo or redo."""
        self._is_stale = True
        if self._body.isVisible():
            self._soon.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def _refresh(self) -> None:
        if not self._is_stale or not self._body.isVisible():
            return
        self._is_stale = False
        records = self._records()
        self._model.update(records)
        self._show_state(bool(records))
        self._rows.fit()
        self._rows.follow(self._model.current)

    def _records(self) -> Sequence[EditRecord]:
        return self._document.edits() if self._document is not None else ()

    def _show_state(self, is_any: bool) -> None:
        is_busy = self._document is not None and self._document.segmenting
        self._nothing.setVisible(not is_any)
        self._rows.setVisible(is_any)
        self._rows.setEnabled(not is_busy)
        self._busy.setVisible(is_any and is_busy)
        self._abandoned.setVisible(self._model.has_abandoned)

    def _show_all(self, with_abandoned: bool) -> None:
        self._model.show_records(self._records(), with_abandoned=with_abandoned)
        self._rows.fit()
        self._rows.follow(self._model.current)

    def _unfold(self, unfolded: bool) -> None:
        self._header.show_title(_("History"))
        self._body.setVisible(unfolded)
        self._refresh()


class _Rows(QTableView):
    """A one-column table: QListView would lay out all rows anew for each one added."""

    chosen = Signal(int)

    def __init__(self, model: HistoryModel) -> None:
        super().__init__()
        self._model = model
        self.setModel(model)
        self.setObjectName("history")
        self.setAccessibleName(_("Changes of this picture, the newest first"))
        self.setItemDelegate(HistoryDelegate(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setMouseTracking(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setStyleSheet(_STYLE)
        self.horizontalHeader().hide()
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self._size_rows()
        self.clicked.connect(self._choose)

    def _size_rows(self) -> None:
        self.verticalHeader().setDefaultSectionSize(2 * self.fontMetrics().height() + 10)
        self.fit()

    def fit(self) -> None:
        """Make the table as high as its rows, up to `ROWS`."""
        self.setFixedHeight(min(self._model.rowCount(), ROWS) * self.verticalHeader().defaultSectionSize())

    def follow(self, index: QModelIndex) -> None:
        self.setCurrentIndex(index)
        self.scrollTo(index)

    def _choose(self, index: QModelIndex) -> None:
        if not index.flags() & Qt.ItemFlag.ItemIsEnabled or index.data(HistoryRole.IS_CURRENT):
            return
        record: EditRecord | None = index.data(HistoryRole.RECORD)
        self.chosen.emit(record.seq if record is not None else 0)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.FontChange:
            self._size_rows()
        super().changeEvent(event)

    def event(self, event: QEvent) -> bool:
        # These keys are shortcuts of the window, such as Reviewed.
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in _ENTER:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _ENTER:
            self._choose(self.currentIndex())
        else:
            super().keyPressEvent(event)


def _caption(text: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName("caption")
    label.setWordWrap(True)
    return label
