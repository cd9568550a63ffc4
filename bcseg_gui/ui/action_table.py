"""Everything a person can do, as data: menus, toolbar and shortcuts are made from these tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bcseg_gui.core.i18n import _
from bcseg_gui.session.session import Session

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
    """While cells are being found it says why not."""
    document = session.document
    if document is None or document.mask is None:
        return False
    return document.can_undo or (document.segmenting and document.mask.can_undo)


def _can_redo(session: Session) -> bool:
    return session.document is not None and session.document.can_redo


def _is_reviewed(session: Session) -> bool:
    return session.document is not None and session.reviewing.status == "reviewed"


def _several(session: Session) -> bool:
    return len(session.worklist) > 1


def _has_mask(session: Session) -> bool:
    return session.document is not None and session.document.mask is not None


def _can_accept(session: Session) -> bool:
    return _can_segment(session) and _has_mask(session)


def _can_export(session: Session) -> bool:
    return session.reviewing.count > 0


def _has_left(session: Session) -> bool:
    return session.next_up.has_left


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
        *(*_files(), *_segmenting(), *_tools(), *_cells(), *_history()),
        *(*_reviewing(), *_learning(), *_view(), *_help()),
    )


def _files() -> tuple[ActionInfo, ...]:
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
            "import_mask",
            _("Import a mask…"),
            _("Take the cells of this picture from a mask that another program wrote"),
            enabled=_can_segment,
        ),
        ActionInfo(
            "export",
            _("Export reviewed pictures…"),
            _("Write pictures and masks of what you have reviewed into a folder"),
            ("Ctrl+E",),
            "export",
            enabled=_can_export,
        ),
        ActionInfo("quit", _("Quit"), "", ("Ctrl+Q",)),
    )


def _segmenting() -> tuple[ActionInfo, ...]:
    return (
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
        ActionInfo(
            "accept",
            _("Keep the cells found"),
            _("Segment leaves these cells alone from now on: in your selection, else in the whole picture"),
            enabled=_can_accept,
        ),
    )


def _tools() -> tuple[ActionInfo, ...]:
    return (
        _tool("pan", _("Move"), _("Drag the picture"), "H"),
        _tool("select_rectangle", _("Select a rectangle"), _("Choose the part of the slide to segment or review"), "R"),
        _tool(
            "select_lasso", _("Select with the lasso"), _("Draw round the part of the slide to segment or review"), "L"
        ),
        _tool("brush", _("Brush"), _("Paint cells"), "B"),
        _tool("eraser", _("Eraser"), _("Take away what is not cell"), "E"),
        _tool("smart_brush", _("Smart brush"), _("Paint without leaving the cell you began in"), "S"),
        _tool("outline", _("Outline"), _("Draw round a cell, freely or from corner to corner"), "O"),
        _tool("wand", _("Wand"), _("Click a cell to take it whole"), "W"),
        _tool("fill", _("Fill"), _("Click a hole to fill it, a cell to give it the class in hand"), "F"),
        _tool("split", _("Split"), _("Draw a line between touching cells, or click to take the cut shown"), "K"),
        _tool("cells", _("Pick cells"), _("Pick cells to delete, join, grow, shrink, copy or give another class"), "A"),
        ActionInfo("select_nothing", _("Select nothing"), "", ("Ctrl+Shift+A",), enabled=_has_selection),
        ActionInfo("brush_smaller", _("Smaller brush"), "", ("[",), enabled=_slide_open),
        ActionInfo("brush_larger", _("Larger brush"), "", ("]",), enabled=_slide_open),
    )


def _tool(key: str, text: str, tooltip: str, shortcut: str) -> ActionInfo:
    return ActionInfo(key, text, tooltip, (shortcut,), key, True, "tool", _slide_open)


def _cells() -> tuple[ActionInfo, ...]:
    """What can be done to the cells that are picked, else to the one under the pointer."""
    return (
        ActionInfo("delete", _("Delete"), _("Take the cell away"), ("Del", "X"), "delete", enabled=_has_mask),
        ActionInfo("join", _("Join"), _("Make one cell of those that are picked"), ("J",), "join", enabled=_has_mask),
        ActionInfo("grow", _("Grow by a pixel"), "", (".",), "grow", enabled=_has_mask),
        ActionInfo("shrink", _("Shrink by a pixel"), "", (",",), "shrink", enabled=_has_mask),
        ActionInfo("copy", _("Copy"), "", ("Ctrl+C",), "copy", enabled=_has_mask),
        ActionInfo("paste", _("Paste at the pointer"), "", ("Ctrl+V",), "paste", enabled=_slide_open),
        ActionInfo(
            "classes",
            _("Classes of cells…"),
            _("Names, colours and keys of the kinds of cells"),
            ("Ctrl+K",),
            enabled=_slide_open,
        ),
    )


def _history() -> tuple[ActionInfo, ...]:
    return (
        ActionInfo("undo", _("Undo"), _("Take the last change back"), ("Ctrl+Z",), "undo", enabled=_can_undo),
        ActionInfo(
            "redo", _("Redo"), _("Do it again after all"), ("Ctrl+Shift+Z", "Ctrl+Y"), "redo", enabled=_can_redo
        ),
    )


def _reviewing() -> tuple[ActionInfo, ...]:
    return (
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
    )


def _learning() -> tuple[ActionInfo, ...]:
    return (
        ActionInfo(
            "retrain",
            _("Retrain…"),
            _("Let the model learn from the pictures you reviewed"),
            ("Ctrl+T",),
            "retrain",
            enabled=_can_retrain,
        ),
        ActionInfo(
            "next_up",
            _("What to correct next"),
            _("Go to the next place that the model doubts, the pictures that teach it most first"),
            ("Ctrl+J",),
            enabled=_has_left,
        ),
        ActionInfo("models", _("Models…"), _("What each model came of; use, compare, go back, send")),
        ActionInfo("import_model", _("Import a model…"), _("Use a model folder that was trained elsewhere")),
    )


def _view() -> tuple[ActionInfo, ...]:
    return (
        ActionInfo("show_mask", _("Show the cells found"), "", ("M",), "eye", True, enabled=_slide_open),
        ActionInfo("contour", _("Outlines only"), "", ("C",), "contour", True, enabled=_slide_open),
        ActionInfo(
            "show_manual",
            _("Show what I changed"),
            _("Set off what people painted and erased from what the model found"),
            ("V",),
            "",
            True,
            enabled=_slide_open,
        ),
        ActionInfo(
            "loupe", _("Loupe"), _("Magnify what is under the pointer"), ("Z",), "loupe", True, enabled=_slide_open
        ),
        ActionInfo("fit", _("Whole picture"), "", ("0",), "fit", enabled=_slide_open),
        ActionInfo("actual", _("Actual pixels"), "", ("Ctrl+1",), enabled=_slide_open),
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
    )


def _help() -> tuple[ActionInfo, ...]:
    return (
        ActionInfo("shortcuts", _("Keys and gestures"), "", ("?", "F1")),
        ActionInfo("about", _("About this app and its model")),
    )


SEGMENT_MENU: tuple[str | None, ...] = (
    *("segment_visible", "segment_selection", "segment_whole", "resume", None),
    "quick_segment",
)
"""What the arrow of the Segment button opens."""

TOOLS: tuple[str | None, ...] = (
    *("pan", None),
    *("select_rectangle", "select_lasso", None),
    *("brush", "eraser", "smart_brush", None),
    *("outline", "wand", "fill", None),
    *("split", "cells"),
)
"""The strip of tools, from top to bottom."""

CELL_MENU: tuple[str | None, ...] = ("delete", "join", "grow", "shrink", None, "copy", "paste")


def menus() -> Mapping[str, tuple[str | None, ...]]:
    """Title → action keys; None is a separator."""
    return {
        _("&File"): ("open", "open_folder", "open_sample", None, "import_mask", "export", None, "quit"),
        _("&Edit"): (*("undo", "redo", None), *CELL_MENU, None, "select_nothing"),
        _("&Tools"): (*TOOLS, None, "brush_smaller", "brush_larger"),
        _("&Cells"): (
            *("segment", *SEGMENT_MENU, None),
            *("accept", "classes", None),
            *("reviewed", "not_reviewed", None),
            *("next_up", "retrain", "models", "import_model"),
        ),
        _("&View"): (
            *("show_mask", "contour", "show_manual", None),
            *("fit", "actual", "zoom_in", "zoom_out", "rotate_left", "rotate_right", None),
            *("loupe", "show_minimap", "slide_info", None),
            *("previous", "next"),
        ),
        _("&Help"): ("shortcuts", "about"),
    }


TOOLBAR: tuple[str | None, ...] = (*("open", "segment", None), *("undo", "redo", None), *("reviewed", "retrain"))
"""Action keys in order."""

ICON_ONLY = frozenset({"undo", "redo"})
NAMELESS_WHEN_NARROW = (("open",), ("retrain",))
"""What goes without its name first, and second, where there is no room."""
