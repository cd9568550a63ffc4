"""Predictions that stream into the mask of an open slide, and give way to strokes."""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from bcseg_gui.compute.protocol import Progress, SegmentResult, TilePredicted
from bcseg_gui.compute.segmenting.spec import Segmentation
from bcseg_gui.compute.segmenting.writer import RunWriter
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import Mask, MaskEdit, Run
from bcseg_gui.core.slides import Slide
from bcseg_gui.core.user import user_name

from .jobs import Job

log = logging.getLogger(__name__)


class MaskOwner(Protocol):
    """What a `Stream` needs of the document whose mask it writes."""

    @property
    def path(self) -> Path: ...

    @property
    def slide(self) -> Slide: ...

    @property
    def mask(self) -> Mask | None:
        """None until it is needed."""

    def needed_mask(self) -> Mask:
        """Raises UserError."""

    def commit(self, edit: MaskEdit) -> None: ...

    def roll_back(self, edit: MaskEdit) -> None: ...


class Stream(QObject):
    """Writes the tiles of a Segment job, one job at a time, as one undoable edit, or as one edit before and one after
    each stroke that is painted meanwhile. Whatever ends the job, finished blocks stay.
    """

    changed = Signal(object)
    """this Stream began or ended; who hears it may close the document"""
    historyChanged = Signal()
    wrote = Signal(object)
    """Region that looks different now"""
    blockWritten = Signal(object, object)
    """this Stream, Region: a block is written to the end, whatever was there before"""
    emptyFound = Signal(object)
    """tuple of Regions that are left out, because nothing lies there"""
    finished = Signal(object)
    """this Stream wrote all of its job"""
    stopped = Signal(bool)
    """cancelled, and cannot be resumed; True when the picture is as it was before"""
    paused = Signal(float)
    """cancelled; this share of it is kept, and `unfinished` goes on from there"""
    failed = Signal(object)
    """UserError"""

    def __init__(self, owner: MaskOwner, parent: QObject) -> None:
        super().__init__(parent)
        self.empty_regions: tuple[Region, ...] = ()
        """Blocks that the last segmentation left out."""
        self._owner = owner
        self._author = user_name()
        self._job: Job | None = None
        self._writer: RunWriter | None = None
        self._unfinished: tuple[Run | None] | None = None
        """None until it is read"""
        self._is_held = False
        self._waiting: list[TilePredicted] = []
        self._finished_while_held = False

    @property
    def path(self) -> Path:
        """Of the picture."""
        return self._owner.path

    @property
    def is_running(self) -> bool:
        return self._job is not None

    @property
    def has_open_edit(self) -> bool:
        """What was written last is not committed: its block is still under way."""
        return self._writer is not None and self._writer.edit is not None

    # -- one job --------------------------------------------------------------------------------------------------

    def follow(self, job: Job, model: str, segmentation: Segmentation | None = None) -> None:
        """Write the tiles of `job`. Only a `segmentation` that is known can be resumed once it was interrupted."""
        self._job = job
        self._writer = RunWriter(self._owner.needed_mask, segmentation, model=model, author=self._author)
        self.empty_regions = ()
        job.progressed.connect(self._progressed)
        job.tile.connect(self._tile_predicted)
        job.finished.connect(self._job_finished)
        job.cancelled.connect(self._job_cancelled)
        job.failed.connect(self._job_failed)
        self._emit_changed()

    def cancel(self) -> None:
        """Ask the job to stop; `stopped` or `paused` follows."""
        if self._job is not None:
            self._job.cancel()

    def abandon(self) -> None:
        """Stop at once, without waiting for the job."""
        if self._job is not None:
            job = self._job
            self._end(complete=False)
            job.cancel()

    def hold(self) -> None:
        """A stroke begins: commit what there is, and let tiles wait."""
        self._is_held = True
        edit = self._writer.part() if self._writer is not None else None
        if edit is not None:
            self._owner.commit(edit)

    def release(self) -> None:
        """The stroke is over: write what waited for it."""
        self._is_held = False
        waiting, self._waiting = self._waiting, []
        for event in waiting:
            if self._job is not None:  # else a tile before it could not be written
                self._tile_predicted(event)
        if self._finished_while_held:
            self._finish()

    def _progressed(self, progress: Progress) -> None:
        assert self._writer is not None
        self._writer.note(progress)
        if progress.empty:
            self.empty_regions = progress.empty
            self.emptyFound.emit(progress.empty)

    def _tile_predicted(self, event: TilePredicted) -> None:
        if self._is_held:
            self._waiting.append(event)
            return
        assert self._writer is not None
        try:
            changed = self._writer.write(event)
        except UserError as error:  # going on would leave a hole where this tile belongs
            self.abandon()
            self.failed.emit(error)
        else:
            self.wrote.emit(changed)
            if event.finished is not None:
                self.blockWritten.emit(self, event.finished)

    def _job_finished(self, _result: SegmentResult) -> None:
        if self._is_held:
            self._finished_while_held = True
        else:
            self._finish()

    def _finish(self) -> None:
        self._end(complete=True)
        self.finished.emit(self)

    def _job_cancelled(self) -> None:
        writer = self._stop_following(complete=False)
        if writer is not None and self.unfinished is not None and writer.is_unfinished:
            self.paused.emit(writer.share_kept)
        else:
            self.stopped.emit(writer is None or not writer.is_parted)
        self._emit_changed()

    def _job_failed(self, error: UserError) -> None:
        self._end(complete=False)
        self.failed.emit(error)

    def _end(self, *, complete: bool) -> None:
        self._stop_following(complete=complete)
        self._emit_changed()

    def _stop_following(self, *, complete: bool) -> RunWriter | None:
        """Let go of the job and the writer. Unless all tiles came (`complete`), a block under way is rolled back."""
        writer, self._writer = self._writer, None
        job, self._job = self._job, None
        self._waiting.clear()
        self._finished_while_held = False
        if job is not None:
            with suppress(RuntimeError):  # it ended while a stroke was painted, and is gone
                job.progressed.disconnect(self._progressed)
                job.tile.disconnect(self._tile_predicted)
                job.finished.disconnect(self._job_finished)
                job.cancelled.disconnect(self._job_cancelled)
                job.failed.disconnect(self._job_failed)
        if writer is not None and complete:
            self._complete(writer)
        elif writer is not None and writer.edit is not None:
            self._owner.roll_back(writer.edit)
        self.forget_unfinished()
        return writer

    def _complete(self, writer: RunWriter) -> None:
        try:
            edit = writer.last_edit()
            if edit is not None:
                self._owner.commit(edit)
            writer.end_run()
        except UserError as error:
            self.failed.emit(error)

    def _emit_changed(self) -> None:
        self.changed.emit(self)
        self.historyChanged.emit()

    # -- what was interrupted -------------------------------------------------------------------------------------

    @property
    def unfinished(self) -> Run | None:
        """A segmentation that was interrupted, some blocks of which are finished; Segment may resume it."""
        if self._unfinished is None:  # a slide has thousands of blocks, and buttons ask at every change
            self._unfinished = (self._read_unfinished(),)
        return self._unfinished[0]

    @property
    def unfinished_share(self) -> float:
        """How much of `unfinished` is finished; as far as is known, without the parts that are empty."""
        run = self.unfinished
        begun = Segmentation.parse(run.settings) if run is not None else None
        if run is None or begun is None:
            return 0.0
        wanted = (begun.region or self._owner.slide.clipped(None)).area
        wanted -= sum(region.area for region in self.empty_regions)
        return min(1.0, sum(region.area for region in run.finished) / max(1, wanted))

    def forget_unfinished(self) -> None:
        """The mask was opened, or its history changed: read again what is unfinished."""
        self._unfinished = None

    def _read_unfinished(self) -> Run | None:
        mask = self._owner.mask
        try:
            run = mask.unfinished_run if mask is not None else None
        except UserError as error:
            log.warning("An unfinished segmentation is left alone: %s", error.template)
            return None
        begun = Segmentation.parse(run.settings) if run is not None and run.finished else None
        return run if begun is not None and begun.dimensions == self._owner.slide.dimensions else None
