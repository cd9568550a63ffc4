"""Everything the user can do, one row each, in menu order."""

from __future__ import annotations

from bcseg_gui.core.i18n import N_

from ..operations.operations import Operations
from ..tools.picked_cells import PickedCells
from ..tools.table import TOOL_GROUPS, ToolInfo
from . import conditions as when
from .info import ActionInfo, Menu, Sections

ZOOM_STEP = 1.25


def _watched(_do: Operations) -> None:
    """Do nothing: panels and view watch the check mark themselves."""


def _tool(tool: ToolInfo) -> ActionInfo:
    return ActionInfo(
        tool.id,
        tool.text,
        lambda do: do.editing.choose_tool(tool.id),
        tool.tooltip,
        (tool.key,),
        tool.icon,
        checkable=True,
        group="tool",
        enabled=when.slide_open,
    )


_FILES: Sections = (
    (
        ActionInfo(
            "open", N_("Open…"), lambda do: do.files.open(), N_("Open a picture or a slide"), ("Ctrl+O",), "open"
        ),
        ActionInfo(
            "open_folder",
            N_("Open folder…"),
            lambda do: do.files.open_folder(),
            N_("Work through all pictures of a folder, or continue a project"),
            ("Ctrl+Shift+O",),
            "folder",
        ),
        ActionInfo(
            "open_sample",
            N_("Open the sample smear"),
            lambda do: do.files.open_sample(),
            N_("Try the app on generated pictures"),
            icon="project",
        ),
    ),
    (
        ActionInfo(
            "import_mask",
            N_("Import a mask…"),
            lambda do: do.files.import_mask(),
            N_("Take the cells of this picture from a mask that another program wrote"),
            enabled=when.can_segment,
        ),
        ActionInfo(
            "export",
            N_("Export reviewed pictures…"),
            lambda do: do.files.export(),
            N_("Write pictures and masks of what you have reviewed into a folder"),
            ("Ctrl+E",),
            "export",
            enabled=when.can_export,
        ),
    ),
    (ActionInfo("quit", N_("Quit"), lambda do: do.files.quit(), keys=("Ctrl+Q",)),),
)

_EDITS: Sections = (
    (
        ActionInfo(
            "undo",
            N_("Undo"),
            lambda do: do.cells.undo(),
            N_("Take the last change back"),
            ("Ctrl+Z",),
            "undo",
            during_stroke=True,
            enabled=when.can_undo,
        ),
        ActionInfo(
            "redo",
            N_("Redo"),
            lambda do: do.cells.redo(),
            N_("Do it again after all"),
            ("Ctrl+Shift+Z", "Ctrl+Y"),
            "redo",
            enabled=when.can_redo,
        ),
    ),
    # Applied to the picked cells, else to the one under the pointer.
    (
        ActionInfo(
            "delete",
            N_("Delete"),
            lambda do: do.editing.change_cells(PickedCells.delete),
            N_("Take the cell away"),
            ("Del", "X"),
            "delete",
            enabled=when.has_mask,
        ),
        ActionInfo(
            "join",
            N_("Join"),
            lambda do: do.editing.change_cells(PickedCells.join),
            N_("Make one cell of those that are picked"),
            ("J",),
            "join",
            enabled=when.has_mask,
        ),
        ActionInfo(
            "grow",
            N_("Grow by a pixel"),
            lambda do: do.editing.change_cells(PickedCells.grow),
            keys=(".",),
            icon="grow",
            enabled=when.has_mask,
        ),
        ActionInfo(
            "shrink",
            N_("Shrink by a pixel"),
            lambda do: do.editing.change_cells(PickedCells.shrink),
            keys=(",",),
            icon="shrink",
            enabled=when.has_mask,
        ),
    ),
    (
        ActionInfo(
            "copy",
            N_("Copy"),
            lambda do: do.editing.change_cells(PickedCells.copy),
            keys=("Ctrl+C",),
            icon="copy",
            enabled=when.has_mask,
        ),
        ActionInfo(
            "paste",
            N_("Paste at the pointer"),
            lambda do: do.editing.change_cells(PickedCells.paste),
            keys=("Ctrl+V",),
            icon="paste",
            enabled=when.slide_open,
        ),
    ),
    (
        ActionInfo(
            "select_nothing",
            N_("Select nothing"),
            lambda do: do.view.set_selection(()),
            keys=("Ctrl+Shift+A",),
            enabled=when.has_selection,
        ),
    ),
)

_TOOLS: Sections = (
    *(tuple(_tool(tool) for tool in group) for group in TOOL_GROUPS),
    (
        ActionInfo(
            "brush_smaller",
            N_("Smaller brush"),
            lambda do: do.editing.resize_brush(-1),
            keys=("[",),
            during_stroke=True,
            enabled=when.slide_open,
        ),
        ActionInfo(
            "brush_larger",
            N_("Larger brush"),
            lambda do: do.editing.resize_brush(1),
            keys=("]",),
            during_stroke=True,
            enabled=when.slide_open,
        ),
    ),
)

_SEGMENT = ActionInfo(
    "segment",
    N_("Segment"),
    lambda do: do.cells.segment(),
    N_("Find the cells: in your selection, else in the picture, on a whole slide in the visible area"),
    ("Ctrl+R", "F5"),
    "segment",
    enabled=when.can_segment,
)

SEGMENT_MENU: Sections = (
    (
        ActionInfo(
            "segment_visible",
            N_("Segment the visible area"),
            lambda do: do.cells.segment_visible(),
            N_("Find the cells of what is seen now"),
            enabled=when.can_segment_part,
        ),
        ActionInfo(
            "segment_selection",
            N_("Segment the selection"),
            lambda do: do.cells.segment_selection(),
            N_("Find the cells within the rectangle or lasso you drew"),
            enabled=when.can_segment_selection,
        ),
        ActionInfo(
            "segment_whole",
            N_("Segment the whole slide"),
            lambda do: do.cells.segment_whole(),
            N_("Find all cells, what is seen now first; you may stop and go on later"),
            enabled=when.can_segment_part,
        ),
        ActionInfo(
            "resume",
            N_("Go on segmenting"),
            lambda do: do.cells.resume(),
            N_("Take up the segmentation that was stopped; finished parts are kept"),
            enabled=when.can_resume,
        ),
    ),
    (
        ActionInfo(
            "quick_segment",
            N_("Quick segmentation"),
            lambda do: do.cells.quick_segment(),
            N_("An instant first draft by brightness alone, nothing learned; how good it is varies with the stain"),
            ("Ctrl+Shift+R",),
            enabled=when.can_segment,
        ),
    ),
)
"""Opened by the arrow of the Segment button; part of the Cells menu too."""

_CELLS: Sections = (
    (_SEGMENT, *SEGMENT_MENU[0]),
    *SEGMENT_MENU[1:],
    (
        ActionInfo(
            "accept",
            N_("Keep the cells found"),
            lambda do: do.cells.accept(),
            N_("Segment leaves these cells alone from now on: in your selection, else in the whole picture"),
            enabled=when.can_accept,
        ),
        ActionInfo(
            "classes",
            N_("Classes of cells…"),
            lambda do: do.editing.edit_classes(do.session.tools.class_id),
            N_("Names, colours and keys of the kinds of cells"),
            ("Ctrl+K",),
            enabled=when.slide_open,
        ),
    ),
    (
        ActionInfo(
            "reviewed",
            N_("Reviewed"),
            lambda do: do.cells.mark_reviewed(),
            N_("All cells of this picture are right; go to the next"),
            ("Return", "Enter"),
            "reviewed",
            enabled=when.can_review,
        ),
        ActionInfo(
            "not_reviewed",
            N_("Not reviewed yet"),
            lambda do: do.session.reviewing.unmark(),
            N_("Put this picture back to be corrected"),
            enabled=when.is_reviewed,
        ),
    ),
    (
        ActionInfo(
            "next_up",
            N_("What to correct next"),
            lambda do: do.learning.go_to_next_spot(),
            N_("Go to the next place that the model doubts, the pictures that teach it most first"),
            ("Ctrl+J",),
            enabled=when.has_left,
        ),
        ActionInfo(
            "retrain",
            N_("Retrain…"),
            lambda do: do.learning.retrain(),
            N_("Let the model learn from the pictures you reviewed"),
            ("Ctrl+T",),
            "retrain",
            enabled=when.can_retrain,
        ),
        ActionInfo(
            "models",
            N_("Models…"),
            lambda do: do.learning.show_models(),
            N_("What each model came of; use, compare, go back, send"),
        ),
        ActionInfo(
            "import_model",
            N_("Import a model…"),
            lambda do: do.learning.import_model(),
            N_("Use a model folder that was trained elsewhere"),
        ),
    ),
)

_VIEW: Sections = (
    (
        ActionInfo(
            "show_mask",
            N_("Show the cells found"),
            _watched,
            keys=("M",),
            icon="eye",
            checkable=True,
            enabled=when.slide_open,
        ),
        ActionInfo(
            "contour",
            N_("Outlines only"),
            _watched,
            keys=("C",),
            icon="contour",
            checkable=True,
            enabled=when.slide_open,
        ),
        ActionInfo(
            "show_manual",
            N_("Show what I changed"),
            _watched,
            N_("Set off what people painted and erased from what the model found"),
            ("V",),
            checkable=True,
            enabled=when.slide_open,
        ),
    ),
    (
        ActionInfo(
            "fit",
            N_("Whole picture"),
            lambda do: do.view.fit(),
            keys=("0",),
            icon="fit",
            during_stroke=True,
            enabled=when.slide_open,
        ),
        ActionInfo(
            "actual",
            N_("Actual pixels"),
            lambda do: do.view.actual_pixels(),
            keys=("Ctrl+1",),
            during_stroke=True,
            enabled=when.slide_open,
        ),
        ActionInfo(
            "zoom_in",
            N_("Zoom in"),
            lambda do: do.view.zoom_by(ZOOM_STEP),
            keys=("+", "=", "Ctrl++"),
            during_stroke=True,
            enabled=when.slide_open,
        ),
        ActionInfo(
            "zoom_out",
            N_("Zoom out"),
            lambda do: do.view.zoom_by(1 / ZOOM_STEP),
            keys=("-", "Ctrl+-"),
            during_stroke=True,
            enabled=when.slide_open,
        ),
        ActionInfo(
            "rotate_left",
            N_("Turn left"),
            lambda do: do.view.rotate(-1),
            keys=("Ctrl+Left",),
            icon="rotate_left",
            enabled=when.slide_open,
        ),
        ActionInfo(
            "rotate_right",
            N_("Turn right"),
            lambda do: do.view.rotate(1),
            keys=("Ctrl+Right",),
            icon="rotate_right",
            enabled=when.slide_open,
        ),
    ),
    (
        ActionInfo(
            "loupe",
            N_("Loupe"),
            _watched,
            N_("Magnify what is under the pointer"),
            ("Z",),
            "loupe",
            checkable=True,
            enabled=when.slide_open,
        ),
        ActionInfo(
            "show_minimap", N_("Show the overview"), _watched, keys=("N",), checkable=True, enabled=when.slide_open
        ),
        ActionInfo(
            "slide_info",
            N_("About this slide…"),
            lambda do: do.viewing.show_slide_info(),
            N_("Size, scale and levels of the slide, and its label photograph on request"),
            ("Ctrl+I",),
            "info",
            enabled=when.slide_open,
        ),
    ),
    (
        ActionInfo(
            "previous",
            N_("Previous picture"),
            lambda do: do.viewing.step(-1),
            keys=("PgUp",),
            icon="previous",
            enabled=when.several,
        ),
        ActionInfo(
            "next",
            N_("Next picture"),
            lambda do: do.viewing.step(1),
            keys=("PgDown",),
            icon="next",
            enabled=when.several,
        ),
    ),
)

_HELP: Sections = (
    (
        ActionInfo(
            "shortcuts",
            N_("Keys and gestures"),
            lambda do: do.viewing.show_shortcuts([menu.shortcuts() for menu in MENUS]),
            keys=("?", "F1"),
        ),
        ActionInfo("about", N_("About this app and its model"), lambda do: do.viewing.show_about()),
    ),
)

MENUS: tuple[Menu, ...] = (
    Menu(N_("&File"), _FILES),
    Menu(N_("&Edit"), _EDITS),
    Menu(N_("&Tools"), _TOOLS),
    Menu(N_("&Cells"), _CELLS),
    Menu(N_("&View"), _VIEW),
    Menu(N_("&Help"), _HELP),
)

ACTIONS: dict[str, ActionInfo] = {info.id: info for menu in MENUS for section in menu.sections for info in section}
