"""The pictures to work through, with thumbnail, name and status."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QModelIndex, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListView,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from bcseg_gui.core.i18n import _
from bcseg_gui.session.order import Order
from bcseg_gui.session.worklist import WorklistItem

from ..widgets.durations import duration_words
from ..widgets.search_box import SearchBox
from .gains import GainBar, GainPanel
from .thumbnail_queue import ThumbnailQueue
from .thumbnails import ICON, Thumbnails
from .worklist_model import AnyIndex, WorklistModel, status_words
from .worklist_options import WorklistOptions

LONG = 30
"""Pictures; a longer list gets a search box."""

# Not “transparent”, which paints the groove of the scroll bar black.
_STYLE = """
QListView { background: palette(window); }
QListView::item { padding: 4px 6px; border-radius: 6px; }
QListView::item:selected { background: palette(midlight); color: palette(text); }
"""


class WorklistPanel(QWidget):
    """Choosing a picture emits `chosen(index)`; `refresh` never does."""

    chosen = Signal(int)
    suggestionChosen = Signal(int)
    """Index among the pictures to correct next"""
    ranksWanted = Signal()
    """Sorting by what to correct next was chosen"""
    _picked = Signal(int)

    def __init__(self, order: Order, parent: QWidget | None = None) -> None:
        """`order`: what to show; sorting and searching change it."""
        super().__init__(parent)
        self.order = order
        self._title = QLabel(_("Pictures"))
        self._title.setObjectName("panelTitle")
        thumbnails = Thumbnails(self)
        self._model = WorklistModel(order, thumbnails, self)
        self._list = self._make_list()
        self._thumbnails = ThumbnailQueue(self._list, self._model, thumbnails)
        self._options = WorklistOptions()
        self._search = SearchBox()
        self._status = ""
        self._only = QWidget()
        self._only_words = QLabel()
        self._gains = GainPanel()
        self._nothing = QWidget()
        self._pages = QStackedWidget()
        self._lay_out()
        self._showing = False
        self._connect()

    def _make_list(self) -> QListView:
        rows = _Rows()
        rows.setObjectName("worklist")
        rows.setModel(self._model)
        rows.setAccessibleName(_("Pictures to work through"))
        # A click leaves the focus on the slide; after Tab, the arrows move through the list.
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
        head = QHBoxLayout()
        head.setContentsMargins(12, 0, 8, 0)
        head.addWidget(self._title, 1)
        head.addWidget(self._options)
        self._only_words.setObjectName("caption")
        everything = QToolButton()
        everything.setText("✕")
        everything.setAutoRaise(True)
        everything.setToolTip(_("Show all pictures"))
        everything.setAccessibleName(_("Show all pictures"))
        everything.clicked.connect(self._show_all)
        row = QHBoxLayout(self._only)
        row.setContentsMargins(12, 0, 8, 0)
        row.addWidget(self._only_words, 1)
        row.addWidget(everything)
        self._only.hide()
        self._search.setPlaceholderText(_("Find"))
        self._search.setAccessibleName(_("Find pictures by name"))
        self._search.setToolTip(_("Show only pictures whose name holds this text (Ctrl+F)"))
        self._search.setClearButtonEnabled(True)
        self._search.hide()
        search = QHBoxLayout()
        search.setContentsMargins(10, 0, 10, 0)
        search.addWidget(self._search)
        self._lay_out_nothing()
        self._pages.addWidget(self._list)
        self._pages.addWidget(self._nothing)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 10, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addLayout(search)
        layout.addWidget(self._gains)
        layout.addWidget(self._only)
        layout.addWidget(self._pages, 1)

    def _lay_out_nothing(self) -> None:
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

    def _connect(self) -> None:
        self._list.selectionModel().currentChanged.connect(self._row_changed)
        # Queued, because a click selects its row only after this signal: when a picture fails to open, the
        # selection returns to the one that stays open.
        self._picked.connect(self.chosen, Qt.ConnectionType.QueuedConnection)
        self._search.textChanged.connect(self._filter)
        self._search.entered.connect(self._choose_first)
        self._search.left.connect(self._list.setFocus)
        self._gains.chosen.connect(self.suggestionChosen)
        self._options.filterChosen.connect(self._show_only)
        self._options.orderChosen.connect(self._choose_order)
        self._find = QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self, self.search)
        self._find.setEnabled(False)

    # -- what is shown --------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the current order."""
        items = self.order.items
        self._showing = True
        self._model.refresh()
        if self._is_filtered and not self.order.is_filtered:
            self._forget_filter()
        self._mark_current()
        self._showing = False
        self._options.setVisible(len(items) > 1)
        self._search.setVisible(len(items) > LONG)
        self._find.setEnabled(len(items) > LONG)
        self._show_title(items)
        self._thumbnails.load_soon()

    def show_gains(self, bars: Sequence[GainBar], more: int, current: int | None) -> None:
        """Show what to correct next, once the model has ranked; see `GainPanel.show_bars`."""
        self._gains.show_bars(bars, more, current)

    def _show_title(self, items: Sequence[WorklistItem]) -> None:
        reviewed = [item.status for item in items].count("reviewed")
        done = _("{done} of {total} reviewed").format(done=reviewed, total=len(items))
        self._title.setText(done if items else _("Pictures"))
        seconds = sum(item.seconds for item in items)
        time = _("{time} of work on these pictures").format(time=duration_words(seconds))
        self._title.setToolTip(time if seconds >= 1 else "")

    def search(self) -> None:
        """Focus the search box."""
        self._search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._search.selectAll()

    def has_keyboard(self) -> bool:
        return self._list.hasFocus() or self._search.hasFocus()

    def _mark_current(self) -> None:
        index = self._model.index_of(self.order.front)
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
        """Whether search or menu filter the list; the order itself may have dropped its filter."""
        return bool(self._search.text().strip() or self._status)

    def _filter(self) -> None:
        self._show_rows(lambda: self.order.filter(self._search.text().strip(), self._status))

    def _choose_order(self, order: str) -> None:
        self._sort(order)
        if order == "rank":
            self.ranksWanted.emit()

    def sort_by(self, order: str) -> None:
        """Sort as if chosen from the menu."""
        self._options.show_order(order)
        self._sort(order)

    def _sort(self, order: str) -> None:
        self._show_rows(lambda: self.order.sort_by(order))
        self._list.scrollTo(self._list.currentIndex(), QAbstractItemView.ScrollHint.PositionAtCenter)

    def _show_rows(self, arrange: Callable[[], None]) -> None:
        self._showing = True
        arrange()
        self._model.refresh()
        self._mark_current()
        self._showing = False
        self._thumbnails.load_soon()

    def _show_only(self, status: str) -> None:
        self._status = status
        self._show_status()
        self._filter()

    def _show_status(self) -> None:
        self._options.show_filter(self._status)
        self._only.setVisible(bool(self._status))
        if self._status:
            self._only_words.setText(_("Only: {status}").format(status=status_words(self._status)[1]))

    def _forget_filter(self) -> None:
        with QSignalBlocker(self._search):
            self._search.clear()
        self._status = ""
        self._show_status()

    def _show_all(self) -> None:
        self._forget_filter()
        self._filter()

    def _choose_first(self) -> None:
        if self._model.rowCount():
            self._list.setFocus()
            if not self._list.currentIndex().isValid():
                self._list.setCurrentIndex(self._model.index(0))

    def close_quietly(self) -> None:
        """Wait for a thumbnail under way, unless its drive hangs: none may outlive the window."""
        self._thumbnails.stop()


class _Rows(QListView):
    """Rows of one size, whatever their text."""

    def dataChanged(self, first: AnyIndex, last: AnyIndex, roles: Sequence[int] = ()) -> None:
        # QListView would lay out all rows anew: 50 ms for 10,000.
        QAbstractItemView.dataChanged(self, first, last, roles)
