"""The window: puts the parts together and keeps them in step with the session."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QMetaObject, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QColor, QDragEnterEvent, QDropEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QMainWindow, QMenu, QSplitter

from bcseg_gui.core.geometry import Region
from bcseg_gui.core.i18n import _
from bcseg_gui.core.project.classes import KEYS
from bcseg_gui.core.slides.look import Look
from bcseg_gui.session.document import Document
from bcseg_gui.session.next_up import Suggested, more
from bcseg_gui.session.session import Session

from .action_table import SEGMENT_MENU, TOOLS, menus
from .actions import Actions, main_action
from .messages import MessageBar
from .operations.files import Operations
from .panels.cells.count import CellsPanel
from .panels.classes import ClassesPanel
from .panels.empty import EmptyState
from .panels.finding import FindingPanel
from .panels.gains import MOST_BARS, Bar
from .panels.history import HistoryPanel
from .panels.look import LookPanel
from .panels.overlay import OverlayPanel
from .panels.picture_pane import PicturePane
from .panels.side import Side
from .panels.status import StatusBar
from .panels.tool_options import ToolOptions
from .panels.tool_strip import ToolStrip
from .panels.worklist import WorklistPanel
from .slide_view import SlideView
from .slide_view.mask_item import OverlayStyle
from .toolbar import Toolbar
from .tools import Point
from .tools.pick import PickTool

AFTER_A_STROKE = 20
"""Milliseconds until the rest of the window follows a stroke or an undo, which are painted first."""
BETWEEN_POSITIONS = 50
"""Milliseconds between two texts of where the pointer is: the hand does not wait for them."""


class MainWindow(QMainWindow):
    closed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("main")
        self.setAcceptDrops(True)
        self.resize(QSize(1320, 860).boundedTo(self.screen().availableSize() * 0.95))  # a small or doubled screen
        self.session = session
        self._peeking = False
        self._suggestions: tuple[Suggested, ...] = ()
        """as they are shown"""
        self._connections: list[QMetaObject.Connection] = []
        self._position: tuple[int, int] | None = None
        self._position_soon = QTimer(self, singleShot=True, interval=BETWEEN_POSITIONS)
        self._position_soon.timeout.connect(self._show_position)
        # Once, after all that changed with a stroke, and after the stroke itself is painted.
        self._refresh_soon = QTimer(self, singleShot=True, interval=AFTER_A_STROKE)
        self._refresh_soon.timeout.connect(self._refresh)
        # Once, after a picture was marked and the next one shown.
        self._gains_soon = QTimer(self, singleShot=True, interval=0)
        self._gains_soon.timeout.connect(self._show_gains)
        self.messages = MessageBar()
        self.view = SlideView()
        self.view.setAcceptDrops(False)
        self.view.viewport().setAcceptDrops(False)
        self.operations = Operations(session, self.view, self.messages, self)
        self.actions_ = Actions(self, self.operations.handlers())
        for key in self.actions_.infos:
            self.addAction(self.actions_[key])
        self.worklist = WorklistPanel()
        self.cells = CellsPanel()
        self.finding = FindingPanel()
        self.classes = ClassesPanel(session.classes, session.tools)
        self.overlay = OverlayPanel(self.actions_["show_mask"], self.actions_["contour"], self.actions_["show_manual"])
        self.look = LookPanel()
        self.history = HistoryPanel()
        self.options = ToolOptions(session.tools)
        self.status = StatusBar(session.jobs)
        self._make_menus()
        self.toolbar = Toolbar(self.actions_, self._menu_of(SEGMENT_MENU))
        self.addToolBar(self.toolbar)
        self._lay_out()
        self._connect()
        for key in ("show_mask", "show_minimap"):
            self.actions_[key].setChecked(True)
        self._show_document()
        self._refresh()

    def _make_menus(self) -> None:
        for title, keys in menus().items():
            menu = self._menu_of(keys)
            menu.setTitle(title)
            self.menuBar().addMenu(menu)

    def _menu_of(self, keys: Sequence[str | None]) -> QMenu:
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        for key in keys:
            if key is None:
                menu.addSeparator()
            else:
                menu.addAction(self.actions_[key])
        return menu

    def _lay_out(self) -> None:
        empty = EmptyState(self.actions_["open"], (self.actions_["open_folder"], self.actions_["open_sample"]))
        self.strip = ToolStrip([self.actions_[key] if key is not None else None for key in TOOLS])
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
        session, attempt = self.session, self.operations.attempt
        session.documentChanged.connect(self._show_document)
        session.worklistChanged.connect(self._show_worklist)
        session.stateChanged.connect(self._refresh)
        session.historyChanged.connect(lambda: self.actions_.refresh_history(session))
        session.historyChanged.connect(self._refresh_soon.start)
        session.said.connect(self.messages.inform)
        session.tools.toolChanged.connect(self._show_tool)
        session.tools.changed.connect(self._show_tool_settings)
        session.failed.connect(self.operations.tell)
        self.worklist.chosen.connect(self.operations.select)
        self.status.modelChosen.connect(lambda name: attempt(lambda: session.models.choose(name)))
        self.status.cellDiameterChosen.connect(lambda px: attempt(lambda: session.set_cell_diameter(px)))
        self.overlay.changed.connect(self._show_overlay)
        self.status.scaleChosen.connect(lambda mpp: attempt(lambda: session.set_given_mpp(mpp)))
        self.status.pageChosen.connect(self._choose_page)
        self.look.changed.connect(self._look_changed)
        self.look.pickWhite.connect(self._pick_white)
        self.cells.counted.connect(self.classes.show_counts)
        self.finding.changed.connect(self.operations.adjust)
        self.classes.editRequested.connect(self.operations.edit_classes)
        self.history.chosen.connect(lambda seq: attempt(lambda: self.operations.jump(seq)))
        session.classes.changed.connect(self._show_overlay)
        session.classes.changed.connect(self.operations.classes_changed)
        session.next_up.ranked.connect(self._show_ranked)
        session.models.changed.connect(self._gains_soon.start)
        self.worklist.suggestionChosen.connect(self._choose_suggestion)
        session.next_up.wentOn.connect(self._gains_soon.start)
        self.worklist.ranksWanted.connect(lambda: attempt(session.next_up.look))
        session.reviewing.next_left = self.worklist.next_left
        session.neighbour = self.worklist.step
        for number in range(1, KEYS + 1):
            QShortcut(QKeySequence(str(number)), self, lambda key=number: self.operations.choose_key(key))
        self.actions_["show_minimap"].toggled.connect(self.view.show_minimap)
        self.actions_["loupe"].toggled.connect(self.view.show_loupe)
        self.view.maskPeek.connect(self._peek)
        self.view.paintedUnseen.connect(self._painted_unseen)
        self.view.opacityStepped.connect(self.overlay.step_opacity)
        self.view.zoomChanged.connect(self.overlay.zoomed)
        self.view.cursorMoved.connect(self._moved_to)
        self.view.selectionChanged.connect(self._selection_changed)
        self.view.readFailed.connect(self.operations.tell)
        self.view.readRecovered.connect(self.messages.hide)
        self.view.viewMoved.connect(lambda: self.cells.view_moved(self.view.visible_region()))

    # -- in step with the session ---------------------------------------------------------------------------------

    def _show_document(self) -> None:
        document = self.session.document
        self._follow(document)
        self.view.set_slide(document.slide if document else None)
        self.operations.document_shown()
        self.view.set_mask(document.mask if document else None)
        self._pane.show_picture(document is not None)
        self.worklist.setVisible(document is not None)
        self._side.setVisible(document is not None)
        self.cells.show_document(document)
        self.history.show_document(document)
        if document is not None:
            self.view.set_empty_regions(document.empty_regions)
            self.view.set_selection(document.selection)
            self.view.set_look(document.look)
            self.look.show_look(document.look, document.look_for_model)
            if not self.worklist.has_keyboard():
                self.view.setFocus()
        self.setWindowTitle(f"{document.path.name} – bcseg-gui" if document else "bcseg-gui")
        self._show_tool()
        self._show_overlay()
        self._show_worklist()

    def _follow(self, document: Document | None) -> None:
        """Listen to this document alone; one that was in front before may be segmented still."""
        for connection in self._connections:
            QObject.disconnect(connection)
        self._connections = (
            []
            if document is None
            else [
                document.maskOpened.connect(self._mask_opened),
                document.maskChanged.connect(self._mask_changed),
                document.emptyFound.connect(self.view.set_empty_regions),
            ]
        )

    def _mask_opened(self) -> None:
        if (document := self.session.document) is not None:
            self.view.set_mask(document.mask)

    def _mask_changed(self, region: Region) -> None:
        document = self.session.document
        self.view.mask_changed(region, at_once=document is not None and not document.segmenting)
        self.operations.mask_changed(region)
        self.cells.recount()

    def _selection_changed(self) -> None:
        if (document := self.session.document) is not None:
            document.selection = self.view.selection
            self.actions_.refresh(self.session)

    def _choose_page(self, page: int) -> None:
        self.operations.attempt(lambda: self.session.set_page(page))
        self.status.show_session(self.session)  # back to where we are, where that failed

    def _moved_to(self, position: tuple[int, int] | None) -> None:
        self._position = position
        if not self._position_soon.isActive():
            self._position_soon.start()

    def _show_position(self) -> None:
        position = self._position
        self.status.show_position(position, self.view.pixel_value(*position) if position is not None else None)

    # -- how the picture looks ------------------------------------------------------------------------------------

    def _look_changed(self, look: Look) -> None:
        if (document := self.session.document) is not None:
            document.look, document.look_for_model = look, self.look.for_model
            self.view.set_look(look)

    def _pick_white(self, picking: bool) -> None:
        if picking:
            self.view.set_tool(PickTool(self._white_picked))
        else:
            self._show_tool()

    def _white_picked(self, point: Point) -> None:
        rgb = self.view.pixel_value(int(point[0]), int(point[1]))
        if rgb is not None:
            self.look.set_white(rgb)

    def _show_ranked(self) -> None:
        self.worklist.sort_by("rank")
        self.operations.ranked()

    def _show_worklist(self) -> None:
        self.worklist.show_items(self.session.worklist, self.session.index)
        self._gains_soon.start()

    def _show_gains(self) -> None:
        next_up = self.session.next_up
        suggestions = self._suggestions = next_up.suggestions
        bars = [Bar(each.path.stem, each.gain, each.done) for each in suggestions[:MOST_BARS]]
        self.worklist.show_gains(bars, more(suggestions), next_up.in_hand(suggestions))

    def _choose_suggestion(self, number: int) -> None:
        suggested = self._suggestions[number]
        place = self.session.worklist.place(suggested.path)
        if place >= 0 and suggested.spots:
            self.operations.go_to(suggested, suggested.spots[0])
        elif place >= 0:
            self.operations.select(place)

    def _show_tool(self) -> None:
        if self.session.document is not None:
            tool = self.session.tools.tool
            self.actions_[tool].setChecked(True)
            self.view.set_tool(self.operations.make_tool(tool))

    def _show_tool_settings(self) -> None:
        classes = self.session.classes
        self.view.set_class_color(QColor(classes.in_hand.color) if len(classes.list) > 1 else None)
        self.view.update_tool_size()

    def _painted_unseen(self) -> None:
        self.messages.inform(_("The cells are hidden. Press M to see what you paint."))

    def _peek(self, peeking: bool) -> None:
        """The mask is out of the way as long as a key is held."""
        self._peeking = peeking
        self._show_overlay()

    def _show_overlay(self) -> None:
        overlay = self.overlay
        self.history.show_classes(self.session.classes.list)
        self._show_tool_settings()
        colors = {c.id: QColor(c.color) for c in self.session.classes.list}
        shown = overlay.visible and not self._peeking
        self.view.set_overlay(OverlayStyle(overlay.opacity, shown, overlay.contour, colors, overlay.show_manual))

    def _refresh(self) -> None:
        self.actions_.refresh(self.session)
        self.status.show_session(self.session)
        self.view.set_mpp(self.session.mpp)
        document = self.session.document
        self.view.set_reviewed_regions(
            self.session.reviewing.regions if document is not None and document.is_large else ()
        )
        self.cells.show_unfinished(self.session.segmenting.percent_done)
        size = self.session.cell_size
        diameter = size.diameter or 0.0 if size is not None else 0.0
        self.cells.show_cell_diameter(diameter)
        self.view.set_cell_diameter(diameter)
        if document is not None and diameter:
            document.cell_diameter = diameter
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
        self.operations.open_paths([Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()])

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.operations.may_close():
            event.ignore()
            return
        self.hide()  # at once: the compute process gets a moment to end by itself
        self.operations.stop()
        self.worklist.close_quietly()
        self.cells.close_quietly()
        self.session.close()
        self.closed.emit()
        event.accept()
