"""Everything a person can do, as data: menus, toolbar and shortcuts are made from these tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup, QKeySequence

from ..core.i18n import _
from ..session.session import Session
from . import theme

Condition = Callable[[Session], bool]


def _always(_session: Session) -> bool:
    return True


def _slide_open(session: Session) -> bool:
    return session.document is not None


def _can_segment(session: Session) -> bool:
    return session.document is not None and not session.document.segmenting


def _can_segment_part(session: Session) -> bool:
    """Of a photograph there is no part worth choosing: it is segmented whole, in seconds."""
    return _can_segment(session) and session.document is not None and session.document.is_large


def _can_segment_selection(session: Session) -> bool:
    return _can_segment(session) and session.document is not None and bool(session.document.selection)


def _can_resume(session: Session) -> bool:
    return _can_segment(session) and session.document is not None and session.document.unfinished is not None


def _has_selection(session: Session) -> bool:
    return session.document is not None and bool(session.document.selection)


def _can_review(session: Session) -> bool:
    """Not an untouched picture: a second Enter by mistake would teach the model that it has no cells."""
    return _can_segment(session) and session.reviewing.status in ("doing", "reviewed")


def _can_undo(session: Session) -> bool:
    return session.document is not None and session.document.can_undo


def _can_redo(session: Session) -> bool:
    return session.document is not None and session.document.can_redo


def _is_reviewed(session: Session) -> bool:
    return session.document is not None and session.reviewing.status == "reviewed"


def _several(session: Session) -> bool:
    return len(session.worklist) > 1


def _can_export(session: Session) -> bool:
    return session.reviewing.count > 0


def _can_retrain(session: Session) -> bool:
    return session.reviewing.is_enough


@dataclass(frozen=True, slots=True)
class ActionInfo:
    """One thing a person can do. `tooltip` says what for; the shortcut is added to it."""

    key: str
    text: str
    tooltip: str = ""
    shortcuts: tuple[str, ...] = ()
    icon: str = ""
    checkable: bool = False
    group: str = ""
    enabled: Condition = _always


def action_infos() -> tuple[ActionInfo, ...]:
    """In the language that is installed now."""
    return (
        ActionInfo("open", _("Open…"), _("Open a picture or a slide"), ("Ctrl+O",), "open"),
        ActionInfo(
            "open_folder",
            _("Open folder…"),
            _("Work through all pictures of a folder, or continue a project"),
            ("Ctrl+Shift+O",),
            "folder",
        ),
        ActionInfo("open_sample", _("Open the sample smear"), _("Try the app on generated pictures"), (), "project"),
        ActionInfo(
            "export",
            _("Export reviewed pictures…"),
            _("Write pictures and masks of what you have reviewed into a folder"),
            ("Ctrl+E",),
            "export",
            enabled=_can_export,
        ),
        ActionInfo("quit", _("Quit"), "", ("Ctrl+Q",)),
        ActionInfo(
            "segment",
            _("Segment"),
            _("Find the cells: in your selection, else in the picture, on a whole slide in the visible area"),
            ("Ctrl+R", "F5"),
            "segment",
            enabled=_can_segment,
        ),
        ActionInfo(
            "segment_visible",
            _("Segment the visible area"),
            _("Find the cells of what is seen now"),
            enabled=_can_segment_part,
        ),
        ActionInfo(
            "segment_selection",
            _("Segment the selection"),
            _("Find the cells within the rectangle or lasso you drew"),
            enabled=_can_segment_selection,
        ),
        ActionInfo(
            "segment_whole",
            _("Segment the whole slide"),
            _("Find all cells, what is seen now first; you may stop and go on later"),
            enabled=_can_segment_part,
        ),
        ActionInfo(
            "resume",
            _("Go on segmenting"),
            _("Take up the segmentation that was stopped; finished parts are kept"),
            enabled=_can_resume,
        ),
        ActionInfo(
            "quick_segment",
            _("Quick segmentation"),
            _("An instant first draft by brightness alone, nothing learned; how good it is varies with the stain"),
            ("Ctrl+Shift+R",),
            enabled=_can_segment,
        ),
        ActionInfo("pan", _("Move"), _("Drag the picture"), ("H",), "pan", True, "tool", _slide_open),
        ActionInfo("brush", _("Brush"), _("Paint cells"), ("B",), "brush", True, "tool", _slide_open),
        ActionInfo("eraser", _("Eraser"), _("Take away what is not cell"), ("E",), "eraser", True, "tool", _slide_open),
        ActionInfo(
            "select_rectangle",
            _("Select a rectangle"),
            _("Choose the part of the slide to segment or review"),
            ("R",),
            "select_rectangle",
            True,
            "tool",
            _slide_open,
        ),
        ActionInfo(
            "select_lasso",
            _("Select with the lasso"),
            _("Draw round the part of the slide to segment or review"),
            ("L",),
            "select_lasso",
            True,
            "tool",
            _slide_open,
        ),
        ActionInfo("select_nothing", _("Select nothing"), "", ("Ctrl+Shift+A",), enabled=_has_selection),
        ActionInfo("brush_smaller", _("Smaller brush"), "", ("[",), enabled=_slide_open),
        ActionInfo("brush_larger", _("Larger brush"), "", ("]",), enabled=_slide_open),
        ActionInfo("undo", _("Undo"), _("Take the last change back"), ("Ctrl+Z",), "undo", enabled=_can_undo),
        ActionInfo(
            "redo", _("Redo"), _("Do it again after all"), ("Ctrl+Shift+Z", "Ctrl+Y"), "redo", enabled=_can_redo
        ),
        ActionInfo(
            "reviewed",
            _("Reviewed"),
            _("All cells of this picture are right; go to the next"),
            ("Return", "Enter"),
            "reviewed",
            enabled=_can_review,
        ),
        ActionInfo(
            "not_reviewed", _("Not reviewed yet"), _("Put this picture back to be corrected"), enabled=_is_reviewed
        ),
        ActionInfo("previous", _("Previous picture"), "", ("PgUp",), "previous", enabled=_several),
        ActionInfo("next", _("Next picture"), "", ("PgDown",), "next", enabled=_several),
        ActionInfo(
            "retrain",
            _("Retrain…"),
            _("Let the model learn from the pictures you reviewed, two at least"),
            ("Ctrl+T",),
            "retrain",
            enabled=_can_retrain,
        ),
        ActionInfo("import_model", _("Import a model…"), _("Use a model folder that was trained elsewhere")),
        ActionInfo("show_mask", _("Show the cells found"), "", ("M",), "eye", True, enabled=_slide_open),
        ActionInfo("contour", _("Outlines only"), "", ("C",), "contour", True, enabled=_slide_open),
        ActionInfo("fit", _("Whole picture"), "", ("0",), "fit", enabled=_slide_open),
        ActionInfo("actual", _("Actual pixels"), "", ("1",), enabled=_slide_open),
        ActionInfo("zoom_in", _("Zoom in"), "", ("+", "=", "Ctrl++"), enabled=_slide_open),
        ActionInfo("zoom_out", _("Zoom out"), "", ("-", "Ctrl+-"), enabled=_slide_open),
        ActionInfo("rotate_left", _("Turn left"), "", ("Ctrl+Left",), "rotate_left", enabled=_slide_open),
        ActionInfo("rotate_right", _("Turn right"), "", ("Ctrl+Right",), "rotate_right", enabled=_slide_open),
        ActionInfo("show_minimap", _("Show the overview"), "", ("N",), checkable=True, enabled=_slide_open),
        ActionInfo(
            "slide_info",
            _("About this slide…"),
            _("Size, scale and levels of the slide, and its label photograph on request"),
            ("Ctrl+I",),
            "info",
            enabled=_slide_open,
        ),
        ActionInfo("about", _("About this app and its model")),
    )


SEGMENT_MENU: tuple[str | None, ...] = (
    *("segment_visible", "segment_selection", "segment_whole", "resume", None),
    "quick_segment",
)
"""What the arrow of the Segment button opens."""


def menus() -> Mapping[str, tuple[str | None, ...]]:
    """Title → action keys; None is a separator."""
    return {
        _("&File"): ("open", "open_folder", "open_sample", None, "export", None, "quit"),
        _("&Edit"): (
            *("undo", "redo", None),
            *("pan", "brush", "eraser", None),
            *("brush_smaller", "brush_larger", None),
            *("select_rectangle", "select_lasso", "select_nothing"),
        ),
        _("&Cells"): (
            *("segment", *SEGMENT_MENU, None),
            *("reviewed", "not_reviewed", None),
            *("retrain", "import_model"),
        ),
        _("&View"): (
            *("show_mask", "contour", None),
            *("fit", "actual", "zoom_in", "zoom_out", "rotate_left", "rotate_right", None),
            *("show_minimap", "slide_info", None),
            *("previous", "next"),
        ),
        _("&Help"): ("about",),
    }


TOOLBAR: tuple[str | None, ...] = (
    *("open", "segment", None),
    *("pan", "select_rectangle", "select_lasso", "brush", "eraser", "brush_size", None),
    *("undo", "redo", None),
    *("reviewed", "retrain"),
)
"""Action keys in order; "brush_size" is the slider and its number."""

ICON_ONLY = frozenset({"undo", "redo", "select_rectangle", "select_lasso"})
NAMELESS_WHEN_NARROW = (("pan", "brush", "eraser"), ("open",), ("retrain",))
"""What goes without its name first, second and third where there is no room."""


def main_action(session: Session) -> str:
    """The one thing to do next, which the toolbar highlights."""
    document = session.document
    if document is None:
        return "open"
    if document.segmenting:
        return ""
    if session.reviewing.is_complete and session.reviewing.is_enough:
        return "retrain"
    if session.reviewing.status == "todo":
        return "segment"
    return "reviewed" if session.reviewing.status == "doing" else "next" if session.reviewing.has_todo else ""


class Actions:
    """The QActions made from the table, each wired to `handlers[key]`."""

    def __init__(self, parent: QObject, handlers: Mapping[str, Callable[[], object]]) -> None:
        self.infos = {info.key: info for info in action_infos()}
        self._actions: dict[str, QAction] = {}
        groups: dict[str, QActionGroup] = {}
        for info in self.infos.values():
            action = self._actions[info.key] = _make(info, parent)
            action.triggered.connect(lambda _checked=False, run=handlers[info.key]: run())
            if info.group:
                groups.setdefault(info.group, QActionGroup(parent)).addAction(action)
        self.refresh_icons("")

    def __getitem__(self, key: str) -> QAction:
        return self._actions[key]

    def refresh(self, session: Session) -> None:
        for key, action in self._actions.items():
            action.setEnabled(self.infos[key].enabled(session))

    def refresh_icons(self, main: str) -> None:
        """After another palette or another main action; `main` is drawn for the accent colour."""
        for key, info in self.infos.items():
            if info.icon:
                self._actions[key].setIcon(theme.icon(info.icon, on_accent=key == main))


def _make(info: ActionInfo, parent: QObject) -> QAction:
    action = QAction(info.text, parent)
    action.setObjectName(info.key)
    action.setCheckable(info.checkable)
    sequences = [QKeySequence(text) for text in info.shortcuts]
    action.setShortcuts(sequences)
    hint = info.tooltip or info.text.rstrip("…")
    if sequences:
        hint += f" ({sequences[0].toString(QKeySequence.SequenceFormat.NativeText)})"
    action.setToolTip(hint)
    action.setStatusTip("")
    return action
