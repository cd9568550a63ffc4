"""The window: puts the parts together and keeps them in step with the session."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QAction, QCloseEvent, QColor, QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QMainWindow,
    QMenu,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QToolBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ..core.geometry import Region
from ..core.i18n import _
from ..core.slides.look import Look
from ..session.document import Document
from ..session.session import Session
from .actions import ICON_ONLY, NAMELESS_WHEN_NARROW, SEGMENT_MENU, TOOLBAR, Actions, main_action, menus
from .messages import MessageBar
from .operations import Operations
from .panels.brush_size import BrushSize
from .panels.display import CellsPanel, OverlayPanel
from .panels.empty import EmptyState
from .panels.look import LookPanel
from .panels.status import StatusBar
from .panels.worklist import WorklistPanel
from .slide_view import SlideView
from .tools import BrushTool, EraserTool, PanTool, Point, SelectLassoTool, SelectRectangleTool, Tool
from .tools.pick import PickTool


class MainWindow(QMainWindow):
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
        self.actions_ = Actions(self, self.operations.handlers())
        self._main = ""
        for key in self.actions_.infos:
            self.addAction(self.actions_[key])
        self.worklist = WorklistPanel()
        self.cells = CellsPanel()
        self.overlay = OverlayPanel(self.actions_["show_mask"], self.actions_["contour"])
        self.look = LookPanel()
        self.brush_size = BrushSize()
        self.status = StatusBar(session.jobs)
        self._make_menus()
        self.toolbar = self._make_toolbar()
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

    def _make_toolbar(self) -> QToolBar:
        toolbar = self.addToolBar(_("Tools"))
        toolbar.setMovable(False)
        toolbar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        toolbar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        for key in TOOLBAR:
            if key is None:
                toolbar.addSeparator()
            elif key == "brush_size":
                self._brush_size_action = toolbar.addWidget(self.brush_size)
            else:
                toolbar.addAction(self.actions_[key])
                if key in ICON_ONLY:
                    _button(toolbar, self.actions_[key]).setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        segment = _button(toolbar, self.actions_["segment"])
        segment.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        segment.setMenu(self._menu_of(SEGMENT_MENU))
        return toolbar

    def _menu_of(self, keys: Sequence[str | None]) -> QMenu:
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        for key in keys:
            if key is None:
                menu.addSeparator()
            else:
                menu.addAction(self.actions_[key])
        return menu

    def _fit_toolbar(self) -> None:
        """In a narrow window the tools go without their names, so that Reviewed and Retrain stay in sight."""
        with_name, without = Qt.ToolButtonStyle.ToolButtonTextBesideIcon, Qt.ToolButtonStyle.ToolButtonIconOnly
        self._brush_size_action.setVisible(True)
        for keys in NAMELESS_WHEN_NARROW:
            self._set_style(keys, with_name)
        for keys in NAMELESS_WHEN_NARROW:
            if self.toolbar.sizeHint().width() > self.width():
                self._set_style(keys, without)
        # On a small screen the size of the brush is left to the keys and the wheel.
        self._brush_size_action.setVisible(self.toolbar.sizeHint().width() <= self.width())

    def _set_style(self, keys: Sequence[str], style: Qt.ToolButtonStyle) -> None:
        for key in keys:
            _button(self.toolbar, self.actions_[key]).setToolButtonStyle(style)

    def _lay_out(self) -> None:
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(14, 12, 14, 12)
        column.setSpacing(22)
        column.addWidget(self.cells)
        column.addWidget(self.overlay)
        column.addWidget(self.look)
        column.addStretch(1)
        self._side = QScrollArea()  # in a low window, unfolded, it is longer than there is room
        self._side.setWidget(side)
        self._side.setWidgetResizable(True)
        self._side.setFrameShape(QFrame.Shape.NoFrame)
        self._side.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._side.setMinimumWidth(200)
        self._empty = EmptyState(self.actions_["open"], (self.actions_["open_folder"], self.actions_["open_sample"]))
        middle = QWidget()
        pane = QGridLayout(middle)
        pane.setContentsMargins(0, 0, 0, 0)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self.view)
        pane.addWidget(self._pages, 0, 0)
        # Over the picture, not above it: a message that comes or goes must not move what is being painted on.
        pane.addWidget(self.messages, 0, 0, Qt.AlignmentFlag.AlignTop)
        self.messages.raise_()
        splitter = QSplitter(Qt.Orientation.Horizontal)
        for widget in (self.worklist, middle, self._side):
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
        session.said.connect(self.messages.inform)
        session.tools.toolChanged.connect(self._show_tool)
        session.tools.changed.connect(self._show_tool_settings)
        session.failed.connect(self.messages.problem)
        self.worklist.chosen.connect(self.operations.select)
        self.status.modelChosen.connect(lambda name: attempt(lambda: session.models.choose(name)))
        self.status.cellDiameterChosen.connect(lambda px: attempt(lambda: session.set_cell_diameter(px)))
        self.overlay.changed.connect(self._show_overlay)
        self.status.scaleChosen.connect(lambda mpp: attempt(lambda: session.set_given_mpp(mpp)))
        self.status.pageChosen.connect(self._choose_page)
        self.look.changed.connect(self._look_changed)
        self.look.pickWhite.connect(self._pick_white)
        self.brush_size.radiusChosen.connect(self.operations.set_brush_radius)
        self.actions_["show_minimap"].toggled.connect(self.view.show_minimap)
        self.view.cursorMoved.connect(self._show_position)
        self.view.selectionChanged.connect(self._selection_changed)
        self.view.readFailed.connect(self.messages.problem)
        self.view.readRecovered.connect(self.messages.hide)
        self.view.viewMoved.connect(lambda: self.cells.view_moved(self.view.visible_region()))

    # -- in step with the session ---------------------------------------------------------------------------------

    def _show_document(self) -> None:
        document = self.session.document
        self.view.set_slide(document.slide if document else None)
        self.view.set_mask(document.mask if document else None)
        self._pages.setCurrentWidget(self.view if document else self._empty)
        self.worklist.setVisible(document is not None)
        self._side.setVisible(document is not None)
        self.brush_size.setEnabled(document is not None)
        self.cells.show_document(document)
        if document is not None:
            document.maskOpened.connect(lambda: self._mask_opened(document))
            document.maskChanged.connect(lambda region: self._mask_changed(document, region))
            document.emptyFound.connect(lambda regions: self._empty_found(document, regions))
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

    def _mask_opened(self, document: Document) -> None:
        if document is self.session.document:
            self.view.set_mask(document.mask)

    def _mask_changed(self, document: Document, region: object) -> None:
        if document is self.session.document:
            self.view.mask_changed(region)  # type: ignore[arg-type] # Qt carries a Region as an object
            self.cells.recount()

    def _empty_found(self, document: Document, regions: Sequence[Region]) -> None:
        if document is self.session.document:
            self.view.set_empty_regions(regions)

    def _selection_changed(self) -> None:
        if (document := self.session.document) is not None:
            document.selection = self.view.selection
            self.actions_.refresh(self.session)

    def _choose_page(self, page: int) -> None:
        self.operations.attempt(lambda: self.session.set_page(page))
        self.status.show_session(self.session)  # back to where we are, where that failed

    def _show_position(self, position: tuple[int, int] | None) -> None:
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

    def _show_worklist(self) -> None:
        self.worklist.show_items(self.session.worklist, self.session.index)

    def _show_tool(self) -> None:
        document = self.session.document
        if document is None:
            return
        tools: dict[str, Tool] = {
            "pan": PanTool(),
            "brush": BrushTool(document),
            "eraser": EraserTool(document),
            "select_rectangle": SelectRectangleTool(self.view),
            "select_lasso": SelectLassoTool(self.view),
        }
        tool = self.session.tools.tool
        self.actions_[tool].setChecked(True)
        self.view.set_tool(tools[tool])
        self._show_tool_settings()

    def _show_tool_settings(self) -> None:
        self.brush_size.show_radius(self.session.tools.brush_radius)
        self.view.update_tool_size()

    def _show_overlay(self) -> None:
        overlay = self.overlay
        colors = {c.id: QColor(c.color) for c in self.session.classes}
        self.view.set_overlay(opacity=overlay.opacity, visible=overlay.visible, contour=overlay.contour, colors=colors)

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
        self._highlight(main_action(self.session))

    def _highlight(self, main: str) -> None:
        if main == self._main:
            return
        self._main = main
        for key in filter(None, TOOLBAR):
            button = self.toolbar.widgetForAction(self.actions_[key]) if key in self.actions_.infos else None
            if button is not None and button.property("main") != (key == main):
                button.setProperty("main", key == main)
                button.style().unpolish(button)
                button.style().polish(button)
        self.actions_.refresh_icons(main)

    # -- the window itself ----------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_toolbar()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self.actions_.refresh_icons(self._main)
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


def _button(toolbar: QToolBar, action: QAction) -> QToolButton:
    button = toolbar.widgetForAction(action)
    assert isinstance(button, QToolButton)
    return button
