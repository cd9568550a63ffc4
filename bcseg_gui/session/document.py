"""One open slide: its mask, the strokes painted on it, and the history of edits."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from bcseg_gui.compute.segmenting.spec import Outline, bounds_of, inside
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region, tiles_covering
from bcseg_gui.core.i18n import _
from bcseg_gui.core.masks import EditRecord, Mask, MaskEdit
from bcseg_gui.core.project.entry import LARGEST_PICTURE
from bcseg_gui.core.slides import Slide
from bcseg_gui.core.slides.look import Look
from bcseg_gui.core.tools.change import Change
from bcseg_gui.core.user import user_name

from .saving import Saving
from .stream import Stream
from .tool_settings import ToolSettings

log = logging.getLogger(__name__)

FALLBACK_CELL_DIAMETER = 42.0
"""Level-0 pixels, where nobody knows."""
NOWHERE = Region(0, 0, 0, 0)


class Document(QObject):
    """What the slide view paints on (its `Canvas`) and what Segment, Undo and Redo act on.

    The mask is opened when first needed, so that looking at a picture leaves no file behind. When that fails, a stroke
    emits `failed`. Segmentations come through `stream`.
    """

    maskOpened = Signal()
    maskChanged = Signal(object)
    """Region that looks different now"""
    historyChanged = Signal()
    edited = Signal(object)
    """this Document: a change of its mask is finished, and on its way to the disk"""
    saved = Signal()
    """everything is on disk; `is_saved` until the next change"""
    savedAgain = Signal()
    """everything is on disk, after `failed` said that something could not be written"""
    failed = Signal(object)
    """UserError"""
    said = Signal(str)

    def __init__(
        self,
        path: Path,
        slide: Slide,
        open_mask: Callable[[], Mask],
        settings: ToolSettings | None = None,
        parent: QObject | None = None,
    ) -> None:
        """`open_mask` may raise UserError."""
        super().__init__(parent)
        self.settings = settings or ToolSettings(self)
        self.cell_diameter = FALLBACK_CELL_DIAMETER
        """Level-0 pixels; `Scale` keeps it up to date while the slide is in front."""
        self.path = path
        self.slide = slide
        self.mask: Mask | None = None
        self._open_mask = open_mask
        self._stroke: MaskEdit | None = None
        self._selection: Outline = ()
        self._look, self._look_for_model = Look(), False
        self._author = user_name()
        self._saving = Saving(self)
        self._saving.failed.connect(self.failed)
        self._saving.recovered.connect(self.savedAgain)
        self._saving.saved.connect(self.saved)
        self.stream = Stream(self, self)
        self.stream.wrote.connect(self.maskChanged)
        self.stream.blockWritten.connect(self._block_written)
        self.stream.historyChanged.connect(self.historyChanged)
        self.stream.failed.connect(self.failed)

    # -- the mask -------------------------------------------------------------------------------------------------

    @property
    def whole(self) -> Region:
        width, height = self.slide.dimensions
        return Region(0, 0, width, height)

    @property
    def needs_parts(self) -> bool:
        """Too large to be segmented, corrected and reviewed as one picture: a part of it at a time."""
        return self.whole.area > LARGEST_PICTURE

    def needed_mask(self) -> Mask:
        """The mask, opened (and made) now if it was not. Raises UserError."""
        if self.mask is None:
            self.mask = self._open_mask()
            self._saving.follow(self.mask)
            self.stream.forget_unfinished()
            self.maskOpened.emit()
            self.historyChanged.emit()
        return self.mask

    @property
    def segmenting(self) -> bool:
        return self.stream.is_running

    @property
    def is_saved(self) -> bool:
        """All that is finished is on disk; a stroke or a block under way is not."""
        return self._saving.is_done

    def save(self) -> None:
        """Write to disk what is painted and segmented, but for a segmentation under way. Raises UserError."""
        self.end_stroke()
        if self.mask is not None and not self.stream.has_open_edit:
            self.mask.commit()
        self._saving.flush()

    def close(self) -> None:
        """Drop a segmentation under way, write what is painted, and let go of the files.

        What cannot be written is given up: call `save` before, where a person can still free the disk.
        """
        self.end_stroke()
        self.stream.abandon()
        self._saving.stop()
        if self.mask is not None:
            try:
                self.mask.close()
            except UserError as error:
                log.error("An edit is given up: %s", error.template)
                self.mask.close(discard=True)
        self.slide.close()

    # -- how it is looked at --------------------------------------------------------------------------------------

    @property
    def selection(self) -> Outline:
        """Level-0 polygon that the person drew; empty: none."""
        return self._selection

    def select(self, outline: Outline) -> None:
        self._selection = outline

    @property
    def look(self) -> Look:
        return self._look

    @property
    def look_for_model(self) -> bool:
        """The model is shown the slide in the colours of `look`."""
        return self._look_for_model

    def set_look(self, look: Look, *, for_model: bool) -> None:
        self._look, self._look_for_model = look, for_model

    # -- what the tools look at -----------------------------------------------------------------------------------

    def read_mask(self, region: Region) -> NDArray[np.uint8]:
        """A copy of the mask's bytes, uint8 (h, w) with the manual bit; 0 outside the slide. Raises UserError."""
        return self.mask.read(region) if self.mask is not None else np.zeros((region.h, region.w), np.uint8)

    def read_picture(self, region: Region) -> NDArray[np.uint8]:
        """Level-0 colours, uint8 (h, w, 3) RGB; white outside the slide. Raises UserError."""
        return self.slide.read_region((region.x, region.y), 0, (region.w, region.h))

    def say(self, text: str) -> None:
        self.said.emit(text)

    # -- painting: the Canvas the tools draw on -------------------------------------------------------------------

    def begin_stroke(self, tool: str, class_id: int) -> None:
        try:
            mask = self.needed_mask()
            self.stream.hold()
            self._stroke = mask.begin(tool, author=self._author, class_id=class_id)
            self._stroke_class = class_id
        except UserError as error:
            self._stroke = None
            self.stream.release()
            self.failed.emit(error)

    def paint(self, region: Region, where: NDArray[np.bool_]) -> None:
        """Set the stroke's class where `where` is True; `region` and `where` have the same size."""
        if self._stroke is None:
            return
        try:
            touched = self._stroke.paint(region, where, self._stroke_class)
        except UserError as error:  # a part of the mask cannot be read
            self.abort_stroke()
            self.failed.emit(error)
            return
        if not touched.is_empty:
            self.maskChanged.emit(touched)

    def apply(self, tool: str, changes: Sequence[Change]) -> None:
        """One finished stroke of several classes."""
        if not changes:
            return
        self.begin_stroke(tool, changes[0].class_id)
        for change in changes:
            self._stroke_class = change.class_id
            self.paint(change.region, change.where)
        self.end_stroke()

    def accept(self) -> None:
        """Set the manual bit of the cells in the selection, else of all: no prediction changes them any more."""
        self.begin_stroke("accept", 0)
        stroke, mask = self._stroke, self.mask
        if stroke is None or mask is None:
            return
        changed = NOWHERE
        try:
            for key in tiles_covering(bounds_of(self.selection) if self.selection else self.whole):
                if mask.tile(key) is not None:
                    region = key.level_region()
                    changed = changed.united(stroke.accept(region, inside(self.selection, region)))
        except UserError as error:
            self.abort_stroke()
            self.failed.emit(error)
            return
        self.end_stroke()
        if changed.is_empty:
            self.said.emit(_("There is nothing here that Segment could change."))
        else:
            self.maskChanged.emit(changed)

    def end_stroke(self) -> None:
        if self._stroke is not None:
            stroke, self._stroke = self._stroke, None
            self.commit(stroke)
            self.stream.release()

    def abort_stroke(self) -> None:
        if self._stroke is not None:
            stroke, self._stroke = self._stroke, None
            self.roll_back(stroke)
            self.stream.release()

    def commit(self, edit: MaskEdit) -> None:
        """Queue an edit for writing. What cannot be written stays on the screen, and is retried."""
        if not edit.commit().is_empty:
            self.edited.emit(self)
        self.historyChanged.emit()

    def roll_back(self, edit: MaskEdit) -> None:
        """Undo an edit that is still open."""
        try:
            self.maskChanged.emit(edit.rollback())
        except UserError as error:
            self.maskChanged.emit(self.whole)
            self.failed.emit(error)

    # -- history --------------------------------------------------------------------------------------------------

    @property
    def can_undo(self) -> bool:
        """False while a segmentation streams in: history is last in, first out, and its last entry is still open."""
        return self.mask is not None and not self.segmenting and self.mask.can_undo

    @property
    def can_redo(self) -> bool:
        return self.mask is not None and not self.segmenting and self.mask.can_redo

    @property
    def undo_text(self) -> str:
        """Tool of the edit that `undo` undoes, empty when there is none."""
        return self.mask.undo_text if self.mask is not None and self.can_undo else ""

    @property
    def redo_text(self) -> str:
        return self.mask.redo_text if self.mask is not None and self.can_redo else ""

    def edits(self) -> Sequence[EditRecord]:
        """All edits, oldest first, including those undone or replaced."""
        return self.mask.edits() if self.mask is not None else ()

    def undo(self) -> None:
        """Where that fails, nothing changes and `failed` is emitted; likewise in `redo` and `jump`."""
        if self.mask is not None and self.can_undo:
            self._turn(self.mask.undo)

    def redo(self) -> None:
        if self.mask is not None and self.can_redo:
            self._turn(self.mask.redo)

    def jump(self, seq: int) -> None:
        """Undo or redo edits until the one of this number is the last that is done; 0: until none is."""
        mask = self.mask
        if mask is not None and not self.segmenting:
            self._turn(lambda: mask.jump(seq))

    def _block_written(self) -> None:
        self.edited.emit(self)

    def _turn(self, change: Callable[[], Region]) -> None:
        self.end_stroke()
        try:
            self._saving.flush()
            region = change()
        except UserError as error:
            self.failed.emit(error)
            return
        self.stream.forget_unfinished()
        if not region.is_empty:
            self.maskChanged.emit(region)
        self.historyChanged.emit()
        self.edited.emit(self)
