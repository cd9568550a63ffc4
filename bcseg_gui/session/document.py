"""One open slide: its mask, the history of edits, the tool in hand, and the segmentation that streams into it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from bcseg_gui.compute.protocol import Progress, SegmentResult, TilePredicted
from bcseg_gui.compute.segmenting.spec import Outline, Segmentation, bounds_of, inside
from bcseg_gui.compute.segmenting.writer import RunWriter
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region, tiles_covering
from bcseg_gui.core.i18n import _
from bcseg_gui.core.masks import EditRecord, Mask, MaskEdit, Run
from bcseg_gui.core.project.entry import LARGEST_PICTURE
from bcseg_gui.core.slides import Slide
from bcseg_gui.core.slides.look import Look
from bcseg_gui.core.tools.change import Change
from bcseg_gui.core.user import user_name

from .jobs import Job
from .saving import Saving
from .tool_settings import ToolSettings

log = logging.getLogger(__name__)

USUAL_CELL_DIAMETER = 42.0
"""Level-0 pixels, where nobody knows."""


class Document(QObject):
    """What the slide view paints on (its `Canvas`) and what Segment, Undo and Redo act on.

    The mask is opened when first needed, so that looking at a picture leaves no file behind. `open_mask` may raise
    UserError; it is passed on by `segment` and told through `failed` when a stroke asked for it.
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
    segmentingChanged = Signal(object)
    """this Document"""
    overwritten = Signal(object, object)
    """this Document, Region: a segmentation wrote there, whatever was there before"""
    segmented = Signal(object)
    """this Document was segmented to the end"""
    stopped = Signal(bool)
    """segmentation was cancelled and cannot be taken up; True when the picture is as it was before"""
    paused = Signal(float)
    """segmentation was cancelled; this share of it is kept, and `unfinished` goes on from there"""
    emptyFound = Signal(object)
    """tuple of Regions that the segmentation leaves out, because nothing lies there"""
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
        super().__init__(parent)
        self.settings = settings or ToolSettings(self)
        self.cell_diameter = USUAL_CELL_DIAMETER
        """Level-0 pixels"""
        self.path = path
        self.slide = slide
        self.mask: Mask | None = None
        self._open_mask = open_mask
        self._stroke: MaskEdit | None = None
        self._job: Job | None = None
        self._writer: RunWriter | None = None
        self._unfinished: tuple[Run | None] | None = None
        self.empty_regions: tuple[Region, ...] = ()
        """Blocks that the last segmentation left out."""
        self.selection: Outline = ()
        """Level-0 polygon that the person drew; empty: none."""
        self.look = Look()
        self.look_for_model = False
        """The model is shown the slide in the colours of `look`."""
        self._waiting: list[TilePredicted] = []
        self._finished_while_painting: SegmentResult | None = None
        self._author = user_name()
        self._saving = Saving(self)
        self._saving.failed.connect(self.failed)
        self._saving.recovered.connect(self.savedAgain)
        self._saving.saved.connect(self.saved)

    # -- the mask -------------------------------------------------------------------------------------------------

    @property
    def whole(self) -> Region:
        width, height = self.slide.dimensions
        return Region(0, 0, width, height)

    @property
    def is_large(self) -> bool:
        """Too large to be segmented, corrected and reviewed as one picture: a part of it at a time."""
        return self.whole.area > LARGEST_PICTURE

    def needed_mask(self) -> Mask:
        """The mask, opened (and made) now if it was not. Raises UserError."""
        if self.mask is None:
            self.mask = self._open_mask()
            self._saving.follow(self.mask)
            self._unfinished = None
            self.maskOpened.emit()
            self.historyChanged.emit()
        return self.mask

    @property
    def is_saved(self) -> bool:
        """All that is finished is on disk; a stroke under the pen and a block that is being found are not."""
        return self._saving.is_done

    def keep(self) -> None:
        """Have on disk what is painted and segmented, but for a segmentation under way. Raises UserError."""
        self.end_stroke()
        if self.mask is not None and (self._writer is None or self._writer.edit is None):
            self.mask.commit()
        self._saving.flush()

    def close(self) -> None:
        """Drop a segmentation under way, keep what is painted, and let go of the files.

        What cannot be written is given up: call `keep` before, where a person can still free the disk.
        """
        self.end_stroke()
        if self._job is not None:
            job = self._job
            self._end_segmentation(keep=False)
            job.cancel()
        self._saving.stop()
        if self.mask is not None:
            try:
                self.mask.close()
            except UserError as error:
                log.error("An edit is given up: %s", error.template)
                self.mask.close(discard=True)
        self.slide.close()

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
            self._commit_segment()
            self._stroke = mask.begin(tool, author=self._author, class_id=class_id)
            self._stroke_class = class_id
        except UserError as error:
            self._stroke = None
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
        """Declare right what is selected, else every cell there is: a prediction leaves them as they are then."""
        self.begin_stroke("accept", 0)
        stroke, mask = self._stroke, self.mask
        if stroke is None or mask is None:
            return
        changed = Region(0, 0, 0, 0)
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
            self._commit(stroke)
            self._resume_segmentation()

    def abort_stroke(self) -> None:
        if self._stroke is not None:
            stroke, self._stroke = self._stroke, None
            self._take_back(stroke)
            self._resume_segmentation()

    def _commit(self, edit: MaskEdit) -> None:
        """Hand an edit over to be written. What cannot be written stays on the screen, and is tried again."""
        if not edit.commit().is_empty:
            self.edited.emit(self)
        self.historyChanged.emit()

    def _take_back(self, edit: MaskEdit) -> None:
        try:
            self.maskChanged.emit(edit.rollback())
        except UserError as error:
            self.maskChanged.emit(self.whole)
            self.failed.emit(error)

    # -- history --------------------------------------------------------------------------------------------------

    @property
    def can_undo(self) -> bool:
        """False while a segmentation streams in: history is last-in-first-out and its last entry is not done yet."""
        return self.mask is not None and self._job is None and self.mask.can_undo

    @property
    def can_redo(self) -> bool:
        return self.mask is not None and self._job is None and self.mask.can_redo

    @property
    def undo_text(self) -> str:
        """Tool of the edit that `undo` takes back, empty when there is none."""
        return self.mask.undo_text if self.mask is not None and self.can_undo else ""

    @property
    def redo_text(self) -> str:
        return self.mask.redo_text if self.mask is not None and self.can_redo else ""

    def edits(self) -> Sequence[EditRecord]:
        """All edits, oldest first, those taken back or replaced included."""
        return self.mask.edits() if self.mask is not None else ()

    def undo(self) -> None:
        """What cannot be done is told through `failed`, and nothing is changed then; so with `redo` and `jump`."""
        if self.mask is not None and self.can_undo:
            self._turn(self.mask.undo)

    def redo(self) -> None:
        if self.mask is not None and self.can_redo:
            self._turn(self.mask.redo)

    def jump(self, seq: int) -> None:
        """Take back or bring back edits until the one of this number is the last that is done; 0: until none is."""
        mask = self.mask
        if mask is not None and self._job is None:
            self._turn(lambda: mask.jump(seq))

    def _turn(self, change: Callable[[], Region]) -> None:
        self.end_stroke()
        try:
            self._saving.flush()
            region = change()
        except UserError as error:
            self.failed.emit(error)
            return
        self._unfinished = None
        if not region.is_empty:
            self.maskChanged.emit(region)
        self.historyChanged.emit()
        self.edited.emit(self)

    # -- segmentation ---------------------------------------------------------------------------------------------

    @property
    def segmenting(self) -> bool:
        return self._job is not None

    @property
    def unfinished(self) -> Run | None:
        """A segmentation that was interrupted, some blocks of which are finished; Segment may go on with it."""
        if self._unfinished is None:  # a slide has thousands of blocks, and buttons ask at every change
            self._unfinished = (self._read_unfinished(),)
        return self._unfinished[0]

    def _read_unfinished(self) -> Run | None:
        try:
            run = self.mask.unfinished_run if self.mask is not None else None
        except UserError as error:
            log.warning("An unfinished segmentation is left alone: %s", error.template)
            return None
        begun = Segmentation.parse(run.settings) if run is not None and run.finished else None
        return run if begun is not None and begun.dimensions == self.slide.dimensions else None

    @property
    def unfinished_share(self) -> float:
        """How much of `unfinished` is finished; as far as is known, without the parts that are empty."""
        run = self.unfinished
        begun = Segmentation.parse(run.settings) if run is not None else None
        if run is None or begun is None:
            return 0.0
        wanted = (begun.region or self.whole).area - sum(region.area for region in self.empty_regions)
        return min(1.0, sum(region.area for region in run.finished) / max(1, wanted))

    def follow(self, job: Job, model: str, segmentation: Segmentation | None = None) -> None:
        """Write the tiles of a Segment job into the mask as one undoable edit, or as one edit before and one after
        each stroke that the person paints meanwhile. Whatever ends the job, finished blocks stay.

        Only a `segmentation` that is known can be taken up once it was interrupted.
        """
        self._job = job
        self._writer = RunWriter(self.needed_mask, segmentation, model=model, author=self._author)
        self.empty_regions = ()
        job.progressed.connect(self._take_progress)
        job.tile.connect(self._take_tile)
        job.finished.connect(self._job_finished)
        job.cancelled.connect(self._job_cancelled)
        job.failed.connect(self._job_failed)
        self.segmentingChanged.emit(self)
        self.historyChanged.emit()

    def cancel_segmentation(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _take_progress(self, progress: Progress) -> None:
        assert self._writer is not None
        self._writer.note(progress)
        if progress.empty:
            self.empty_regions = progress.empty
            self.emptyFound.emit(progress.empty)

    def _take_tile(self, event: TilePredicted) -> None:
        if self._stroke is not None:
            self._waiting.append(event)
            return
        assert self._writer is not None
        try:
            changed = self._writer.write(event)
        except UserError as error:  # going on would leave a hole where this tile belongs
            job = self._job
            self._end_segmentation(keep=False)
            if job is not None:
                job.cancel()
            self.failed.emit(error)
        else:
            self.maskChanged.emit(changed)
            if event.finished is not None:
                self.edited.emit(self)
                self.overwritten.emit(self, event.finished)

    def _commit_segment(self) -> None:
        edit = self._writer.part() if self._writer is not None else None
        if edit is not None:
            self._commit(edit)

    def _resume_segmentation(self) -> None:
        waiting, self._waiting = self._waiting, []
        for event in waiting:
            if self._job is not None:  # else a tile before it could not be taken
                self._take_tile(event)
        if self._finished_while_painting is not None:
            result, self._finished_while_painting = self._finished_while_painting, None
            self._job_finished(result)

    def _job_finished(self, result: SegmentResult) -> None:
        if self._stroke is not None:
            self._finished_while_painting = result
            return
        self._end_segmentation(keep=True)
        self.segmented.emit(self)

    def _job_cancelled(self) -> None:
        writer = self._writer
        self._stop_following(keep=False)
        if writer is not None and self.unfinished is not None and writer.is_unfinished:
            self.paused.emit(writer.share_kept)
        else:
            self.stopped.emit(writer is None or not writer.is_parted)
        self._tell_end()

    def _job_failed(self, error: UserError) -> None:
        self._end_segmentation(keep=False)
        self.failed.emit(error)

    def _end_segmentation(self, keep: bool) -> None:
        self._stop_following(keep)
        self._tell_end()

    def _tell_end(self) -> None:
        """Whoever hears it may close this document."""
        self.segmentingChanged.emit(self)
        self.historyChanged.emit()

    def _stop_following(self, keep: bool) -> None:
        writer, self._writer = self._writer, None
        job, self._job = self._job, None
        self._waiting.clear()
        self._finished_while_painting = None
        if job is not None:
            with suppress(RuntimeError):  # it ended while a stroke was painted, and is gone
                job.progressed.disconnect(self._take_progress)
                job.tile.disconnect(self._take_tile)
                job.finished.disconnect(self._job_finished)
                job.cancelled.disconnect(self._job_cancelled)
                job.failed.disconnect(self._job_failed)
        if writer is not None and keep:
            self._finish(writer)
        elif writer is not None and writer.edit is not None:
            self._take_back(writer.edit)
        self._unfinished = None

    def _finish(self, writer: RunWriter) -> None:
        try:
            edit = writer.last_edit()
            if edit is not None:
                self._commit(edit)
            writer.end_run()
        except UserError as error:
            self.failed.emit(error)
