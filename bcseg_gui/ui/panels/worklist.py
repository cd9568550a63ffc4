"""The pictures to work through: thumbnail, name and how far each one is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PySide6.QtCore import QEvent, QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListView,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ...core.i18n import _
from ...session.worklist import WorklistItem
from .thumbnails import ICON, Key, Thumbnails
from .worklist_model import AnyIndex, WorklistModel, status_words

LONG = 30
"""Pictures; a longer list can be searched."""

_NEAR = 200
"""Rows above and below, whose thumbnails are made before they are scrolled to; all of them fit into `Thumbnails`."""

_PAUSE = 40
"""Milliseconds between thumbnails that nobody sees yet: what is looked at comes first."""

# Not “transparent”: then the groove of the scroll bar is painted black.
_STYLE = """
QListView { background: palette(window); }
QListView::item { padding: 4px 6px; border-radius: 6px; }
QListView::item:selected { background: palette(midlight); color: palette(text); }
"""


class WorklistPanel(QWidget):
    """Choosing a picture emits `chosen(index)`; `show_items` never does."""

    chosen = Signal(int)
    _picked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = QLabel(_("Pictures"))
        self._title.setObjectName("panelTitle")
        self._thumbnails = Thumbnails(self)
        self._model = WorklistModel(self._thumbnails, self)
        self._list = self._make_list()
        self._search = _SearchBox()
        self._status = QComboBox()
        self._filters = QWidget()
        self._nothing = QWidget()
        self._pages = QStackedWidget()
        self._lay_out()
        self._current = -1
        self._showing = False
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._later = QTimer(self, singleShot=True, interval=_PAUSE)
        self._connect()

    def _make_list(self) -> QListView:
        rows = _Rows()
        rows.setObjectName("worklist")
        rows.setModel(self._model)
        rows.setAccessibleName(_("Pictures to work through"))
        # A click leaves the keyboard to the picture; who came with Tab goes on with the arrows.
        rows.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        rows.setIconSize(ICON)
        rows.setUniformItemSizes(True)
        rows.setSpacing(1)
        rows.setFrameShape(QFrame.Shape.NoFrame)
        rows.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        rows.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        rows.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        rows.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        rows.setStyleSheet(_STYLE)
        return rows

    def _lay_out(self) -> None:
        self._title.setContentsMargins(12, 0, 12, 0)
        self._search.setPlaceholderText(_("Find"))
        self._search.setAccessibleName(_("Find pictures by name"))
        self._search.setToolTip(_("Show only pictures whose name holds this text (Ctrl+F)"))
        self._search.setClearButtonEnabled(True)
        self._status.setAccessibleName(_("Show pictures that are"))
        self._status.addItem(_("All"), "")
        for status in ("todo", "doing", "reviewed"):
            self._status.addItem("{}  {}".format(*status_words(status)), status)
        self._status.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._status.setMinimumContentsLength(7)
        row = QHBoxLayout(self._filters)
        row.setContentsMargins(10, 0, 10, 0)
        row.setSpacing(6)
        row.addWidget(self._search, 1)
        row.addWidget(self._status)
        self._filters.hide()
        none = QLabel(_("No picture is like that."))
        none.setObjectName("caption")
        none.setWordWrap(True)
        none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        everything = QPushButton(_("Show all pictures"))
        everything.clicked.connect(self._show_all)
        column = QVBoxLayout(self._nothing)
        column.setSpacing(10)
        column.addStretch(1)
        column.addWidget(none)
        column.addWidget(everything, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
        self._pages.addWidget(self._list)
        self._pages.addWidget(self._nothing)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 10, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._title)
        layout.addWidget(self._filters)
        layout.addWidget(self._pages, 1)

    def _connect(self) -> None:
        self._list.selectionModel().currentChanged.connect(self._row_changed)
        # Queued, because the click marks its row only after this signal: a picture that does not open gets the mark
        # back to the one that stays in front.
        self._picked.connect(self.chosen, Qt.ConnectionType.QueuedConnection)
        self._list.verticalScrollBar().valueChanged.connect(self._load_soon)
        self._list.verticalScrollBar().rangeChanged.connect(self._load_soon)
        self._thumbnails.loaded.connect(self._load_soon)
        self._soon.timeout.connect(self._load_seen)
        self._later.timeout.connect(self._load_near)
        self._search.textChanged.connect(self._filter)
        self._search.entered.connect(self._choose_first)
        self._search.left.connect(self._list.setFocus)
        self._status.currentIndexChanged.connect(self._filter)
        self._find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self, self.search)
        self._find.setEnabled(False)

    # -- what is shown --------------------------------------------------------------------------------------------

    def show_items(self, items: Sequence[WorklistItem], current: int) -> None:
        self._current = current
        self._showing = True
        is_long = len(items) > LONG
        if self._model.show(items):
            self._forget_filter()
        self._mark_current()
        self._showing = False
        self._filters.setVisible(is_long)
        self._find.setEnabled(is_long)
        reviewed = [item.status for item in items].count("reviewed")
        self._title.setText(
            _("{done} of {total} reviewed").format(done=reviewed, total=len(items)) if items else _("Pictures")
        )
        self._load_soon()

    def search(self) -> None:
        """Bring the keyboard to the search."""
        self._search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._search.selectAll()

    def has_keyboard(self) -> bool:
        return self._list.hasFocus() or self._search.hasFocus()

    def _mark_current(self) -> None:
        index = self._model.index_of(self._current)
        if index != self._list.currentIndex():
            self._list.setCurrentIndex(index)
        if not index.isValid():
            self._list.clearSelection()
        self._pages.setCurrentWidget(self._list if self._model.rowCount() or not self._is_filtered else self._nothing)

    def _row_changed(self, index: QModelIndex) -> None:
        if index.isValid() and not self._showing:
            self._picked.emit(self._model.place(index.row()))

    # -- the search -----------------------------------------------------------------------------------------------

    @property
    def _is_filtered(self) -> bool:
        return bool(self._search.text() or self._status.currentData())

    def _filter(self) -> None:
        self._showing = True
        self._model.filter(self._search.text().strip(), self._status.currentData())
        self._mark_current()
        self._showing = False
        self._load_soon()

    def _forget_filter(self) -> None:
        for widget in (self._search, self._status):
            widget.blockSignals(True)
        self._search.clear()
        self._status.setCurrentIndex(0)
        for widget in (self._search, self._status):
            widget.blockSignals(False)

    def _show_all(self) -> None:
        self._forget_filter()
        self._filter()

    def _choose_first(self) -> None:
        if self._model.rowCount():
            self._list.setFocus()
            if not self._list.currentIndex().isValid():
                self._list.setCurrentIndex(self._model.index(0))

    # -- thumbnails -----------------------------------------------------------------------------------------------

    def _load_soon(self) -> None:
        self._later.stop()
        self._soon.start()

    def _load_seen(self) -> None:
        if self._thumbnails.is_busy or not self.isVisible():
            return
        if not self._load_first(self._seen()):
            self._later.start()

    def _load_near(self) -> None:
        if not self._thumbnails.is_busy and self.isVisible():
            seen = self._seen()
            around = (row for step in range(_NEAR) for row in (seen.stop + step, seen.start - 1 - step))
            self._load_first(row for row in around if 0 <= row < self._model.rowCount())

    def _load_first(self, rows: Iterator[int] | range) -> bool:
        keys: Iterator[Key | None] = (self._model.unloaded(row) for row in rows)
        key = next((key for key in keys if key is not None), None)
        if key is not None:
            self._thumbnails.load(key, self.devicePixelRatio())
        return key is not None

    def _seen(self) -> range:
        """Rows on the screen."""
        count = self._model.rowCount()
        first, second = (self._list.visualRect(self._model.index(row)) for row in (0, 1))
        height = second.top() - first.top() if count > 1 else first.height()
        if not count or height <= 0:
            return range(0)
        above = max(0, -first.top() // height)
        return range(min(above, count), min(count, above + self._list.viewport().height() // height + 2))

    def close_quietly(self) -> None:
        """Leave no thumbnail under way that outlives the window, unless its drive hangs."""
        self._soon.stop()
        self._later.stop()
        self._thumbnails.stop()


class _Rows(QListView):
    """Rows of one size, which stay where they are whatever is written in them."""

    def dataChanged(self, first: AnyIndex, last: AnyIndex, roles: Sequence[int] = ()) -> None:
        # QListView would lay out all rows again: 50 ms for 10,000.
        QAbstractItemView.dataChanged(self, first, last, roles)


class _SearchBox(QLineEdit):
    """Enter and the arrow down go to the list, Escape gives the search up, instead of being the window's own keys."""

    entered = Signal()
    left = Signal()
    _KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape, Qt.Key.Key_Down)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() in self._KEYS:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.entered.emit()
            case Qt.Key.Key_Down:
                self.left.emit()
            case Qt.Key.Key_Escape:
                self.clear()
                self.clearFocus()
            case _:
                super().keyPressEvent(event)
