"""The main window, composed of its parts."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QMainWindow, QSplitter

from bcseg_gui.core.i18n import translated
from bcseg_gui.core.project.classes import KEYS
from bcseg_gui.session.session import Session

from .actions.actions import Actions, main_action
from .actions.table import MENUS
from .messages import MessageBar
from .operations.operations import Operations
from .panels.cells.count import CellsPanel
from .panels.classes import ClassesPanel
from .panels.empty import EmptyState
from .panels.finding import FindingPanel
from .panels.history import HistoryPanel
from .panels.look import LookPanel
from .panels.overlay import OverlayPanel
from .panels.picture_pane import PicturePane
from .panels.side import Side
from .panels.status import StatusBar
from .panels.tool_options import ToolOptions
from .panels.tool_strip import ToolStrip
from .panels.worklist import WorklistPanel
from .presenters.document import DocumentPresenter
from .presenters.look import LookPresenter
from .presenters.overlay import OverlayPresenter
from .presenters.status import StatusPresenter
from .presenters.worklist import WorklistPresenter
from .slide_view import SlideView
from .toolbar import Toolbar

AFTER_A_STROKE = 20
"""Milliseconds by which the rest of the window lags behind a stroke or undo, which are painted first."""


class MainWindow(QMainWindow):  # large: one attribute per part
    closed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("main")
        self.setAcceptDrops(True)
        self.resize(QSize(1320, 860).boundedTo(self.screen().availableSize() * 0.95))  # a small or doubled screen
        self.session = session
        self.messages = MessageBar()
        self.view = SlideView()
        self.view.setAcceptDrops(False)
        self.view.viewport().setAcceptDrops(False)
        self.operations = Operations(session, self.view, self.messages, self)
        self.actions_ = Actions(self, self.operations)
        for menu in MENUS:
            self.menuBar().addMenu(self.actions_.menu(menu.sections, translated(menu.title)))
        self.toolbar = Toolbar(self.actions_)
        self.addToolBar(self.toolbar)
        self.worklist = WorklistPanel(session.order)
        self.cells = CellsPanel()
        self.finding = FindingPanel()
        self.classes = ClassesPanel(session.classes, session.tools)
        self.overlay = OverlayPanel(self.actions_["show_mask"], self.actions_["contour"], self.actions_["show_manual"])
        self.look = LookPanel()
        self.history = HistoryPanel()
        self.options = ToolOptions(session.tools)
        self.strip = ToolStrip(self.actions_)
        self.status = StatusBar(session.jobs)
        self._lay_out()
        editing = self.operations.editing
        self._document_presenter = DocumentPresenter(session, self.view, self.cells, self.history, editing)
        self._look_presenter = LookPresenter(session, self.view, self.look, editing)
        self._overlay_presenter = OverlayPresenter(session, self.view, self.overlay, self.history, self.messages)
        self._worklist_presenter = WorklistPresenter(session, self.worklist, self.operations)
        self._status_presenter = StatusPresenter(session, self.view, self.status, self.operations.failures)
        # Once per stroke, after it is painted.
        self._refresh_soon = QTimer(self, singleShot=True, interval=AFTER_A_STROKE)
        self._refresh_soon.timeout.connect(self._refresh)
        self._connect()
        for key in ("show_mask", "show_minimap"):
            self.actions_[key].setChecked(True)
        self._show_document()
        self._refresh()

    def _lay_out(self) -> None:
        empty = EmptyState(self.actions_["open"], (self.actions_["open_folder"], self.actions_["open_sample"]))
        self._pane = PicturePane(self.view, empty, self.messages, self.strip, self.options)
        self._side = Side((self.cells, self.finding, self.classes, self.overlay, self.look, self.history))
        splitter = QSplitter(Qt.Orientation.Horizontal)
        for widget in (self.worklist, self._pane, self._side):
            splitter.addWidget(widget)
        splitter.setSizes([220, 880, 200])
        splitter.setStretchFactor(1, 1)
        splitter.setCollapsible(1, False)
        splitter.setHandleWidth(1)
        self.setCentralWidget(splitter)
        self.setStatusBar(self.status)

    def _connect(self) -> None:
        session, operations = self.session, self.operations
        session.documentChanged.connect(self._show_document)
        session.stateChanged.connect(self._refresh)
        session.historyChanged.connect(lambda: self.actions_.refresh_history(session))
        session.historyChanged.connect(self._refresh_soon.start)
        session.said.connect(self.messages.inform)
        session.failed.connect(operations.failures.show)
        session.tools.toolChanged.connect(self._show_tool)
        session.classes.changed.connect(operations.editing.classes_changed)
        session.counting.counted.connect(self.cells.show_counts)
        session.counting.counted.connect(lambda counts: self.classes.show_counts(counts.by_class))
        self.finding.changed.connect(operations.cells.adjust)
        self.classes.editRequested.connect(operations.editing.edit_classes)
        self.history.chosen.connect(operations.cells.jump)
        self.actions_["show_minimap"].toggled.connect(self.view.show_minimap)
        self.actions_["loupe"].toggled.connect(self.view.show_loupe)
        self.view.selectionChanged.connect(lambda: self.actions_.refresh(session))
        self.view.readFailed.connect(operations.failures.show)
        self.view.readRecovered.connect(self.messages.hide)
        for number in range(1, KEYS + 1):
            QShortcut(QKeySequence(str(number)), self, lambda key=number: operations.editing.choose_key(key))

    # -- in step with the session ---------------------------------------------------------------------------------

    def _show_document(self) -> None:
        document = self.session.document
        self._document_presenter.show()
        self._pane.show_picture(document is not None)
        self.worklist.setVisible(document is not None)
        self._side.setVisible(document is not None)
        self._look_presenter.show()
        if document is not None and not self.worklist.has_keyboard():
            self.view.setFocus()
        self.setWindowTitle(f"{document.path.name} – bcseg-gui" if document else "bcseg-gui")
        self._show_tool()
        self._overlay_presenter.show()
        self._worklist_presenter.show()

    def _show_tool(self) -> None:
        if self.session.document is not None:
            self.actions_[self.session.tools.tool].setChecked(True)
            self.operations.editing.show_tool()

    def _refresh(self) -> None:
        self.actions_.refresh(self.session)
        self._status_presenter.refresh()
        self._document_presenter.refresh()
        self.toolbar.highlight(main_action(self.session))

    # -- the window itself ----------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.session.times.watch(self.windowHandle())

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self.toolbar.refresh_icons()
        super().changeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        self.operations.files.open_paths(paths)

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.operations.files.may_close():
            event.ignore()
            return
        self.hide()  # at once: the compute process may take a moment to end
        self.operations.learning.stop_training()
        self.worklist.close_quietly()
        self.session.close()
        self.closed.emit()
        event.accept()
