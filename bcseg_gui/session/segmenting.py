"""Which part of the slide in front is segmented, and by what."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, QPoint, Signal

from bcseg_gui.compute.protocol import QUICK_METHOD
from bcseg_gui.compute.segmenting.spec import USUAL_SPLITTING, USUAL_THRESHOLD, Segmentation
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.i18n import _
from bcseg_gui.core.models import ModelVersion
from bcseg_gui.core.project import Project
from bcseg_gui.core.project.classes import Classes as ClassList
from bcseg_gui.core.project.classes import ids_of, with_names

from .cell_size import CellSize
from .classes import Classes
from .document import NOWHERE, Document
from .jobs import Jobs
from .models import Models
from .open import Open
from .stream import Stream

WORTH_ASKING = 3
"""Percent of a segmentation."""


class UnfinishedRunError(Exception):
    """Another segmentation would make it impossible to resume one of which so many `percent` are done."""

    def __init__(self, percent: int) -> None:
        super().__init__(f"{percent} % of another segmentation are finished")
        self.percent = percent


class Segmenting(QObject):
    """Points and regions are in level-0 pixels; what lies nearest to `first` is segmented first.

    The methods raise UserError when there is no model, nothing of the part lies on the slide, or the mask cannot be
    written, and UnfinishedRunError unless they `may_discard` a run that could be resumed. They do nothing while the
    slide is being segmented.
    """

    said = Signal(str)

    def __init__(
        self,
        opened: Open,
        models: Models,
        classes: Classes,
        jobs: Jobs,
        cell_size: Callable[[], CellSize | None],
        needed_project: Callable[[], Project],
        parent: QObject | None = None,
    ) -> None:
        """`cell_size` is that of the slide in front."""
        super().__init__(parent)
        self._open, self._models, self._classes, self._jobs = opened, models, classes, jobs
        self._cell_size, self._needed_project = cell_size, needed_project
        self._threshold, self._splitting = USUAL_THRESHOLD, USUAL_SPLITTING
        self._last: tuple[Document, Segmentation, QPoint] | None = None

    def follow(self, document: Document) -> None:
        """Say what becomes of this document's segmentations."""
        document.stream.finished.connect(self._finished)
        document.stream.stopped.connect(self._stopped)
        document.stream.paused.connect(self._paused)

    # -- what to segment ------------------------------------------------------------------------------------------

    def picture(self, first: QPoint, visible: Region = NOWHERE, *, may_discard: bool = False) -> None:
        """Segment what is selected; else the rest of what the model in use began; of a large slide what is seen; else
        all.
        """
        self._usual_part(self._models.needed(), first, visible, may_discard)

    def quick(self, first: QPoint, visible: Region = NOWHERE, *, may_discard: bool = False) -> None:
        """As `picture`, without a model."""
        self._usual_part(None, first, visible, may_discard)

    def visible(self, visible: Region, *, may_discard: bool = False) -> None:
        middle = QPoint(visible.x + visible.w // 2, visible.y + visible.h // 2)
        self._start(self._models.needed(), middle, may_discard, region=visible)

    def selection(self, first: QPoint, *, may_discard: bool = False) -> None:
        document = self._open.document
        if document is not None and document.selection:
            self._start(self._models.needed(), first, may_discard, outline=document.selection)

    def whole(self, first: QPoint, *, may_discard: bool = False) -> None:
        self._start(self._models.needed(), first, may_discard)

    def resume(self, first: QPoint) -> None:
        """Go on with what was interrupted, as it was begun."""
        begun = self._begun()
        if begun is not None:
            self._submit(begun, self._model_of(begun), first)

    def adjust(self, threshold: float, splitting: float) -> None:
        """Set the probability from which a pixel is cell, and how readily cells that touch are parted.

        A photograph segmented last is done again. That is one edit more, and quick: the compute process still knows
        the probabilities.
        """
        self._threshold, self._splitting = threshold, splitting
        self._apply()

    @property
    def percent_done(self) -> int | None:
        """Of a segmentation of the slide in front that was interrupted; None without one."""
        document = self._open.document
        if document is None or document.segmenting or document.stream.unfinished is None:
            return None
        return round(100 * document.stream.unfinished_share)

    def _usual_part(self, model: ModelVersion | None, first: QPoint, visible: Region, may_discard: bool) -> None:
        document = self._open.document
        if document is None:
            return
        begun = self._begun()
        if document.selection:
            self._start(model, first, may_discard, outline=document.selection)
        elif begun is not None and self._goes_on(begun, model, visible):
            self._submit(begun, self._model_of(begun), first)
        elif document.needs_parts and not visible.is_empty:
            self._start(model, first, may_discard, region=visible)
        else:
            self._start(model, first, may_discard)

    def _goes_on(self, begun: Segmentation, model: ModelVersion | None, visible: Region) -> bool:
        """Segment, pressed here and now, would begin the same as was begun."""
        if begun.model != (QUICK_METHOD if model is None else model.name):
            return False
        if begun.region is not None and not visible.is_empty and begun.region.intersected(visible).is_empty:
            return False
        return self._wanted(model, region=begun.region, outline=begun.outline) == begun

    def _wanted(
        self, model: ModelVersion | None, *, region: Region | None = None, outline: Sequence[tuple[int, int]] = ()
    ) -> Segmentation:
        """A segmentation of the slide in front with the present settings, or with those it was begun with."""
        document, size = self._open.document, self._cell_size()
        assert document is not None
        assert size is not None
        look = document.look if document.look_for_model else None
        wanted = Segmentation.of(
            document.slide,
            model,
            size.known,
            region=region,
            outline=outline,
            look=look,
            threshold=USUAL_THRESHOLD if model is None else self._threshold,
            splitting=USUAL_SPLITTING if model is None else self._splitting,
            class_ids=() if model is None else self._class_ids(model),
        )
        said_by_person = size.origin == "person" or (size.origin == "scale" and not document.slide.mpp)
        return wanted.or_unfinished(document.stream.unfinished, given=said_by_person)

    # -- doing it -------------------------------------------------------------------------------------------------

    def _start(
        self,
        model: ModelVersion | None,
        first: QPoint,
        may_discard: bool,
        *,
        region: Region | None = None,
        outline: Sequence[tuple[int, int]] = (),
    ) -> None:
        document = self._open.document
        if document is None or document.segmenting:
            return
        document.needed_mask()
        wanted = self._wanted(model, region=region, outline=outline)
        run, percent = document.stream.unfinished, self.percent_done or 0
        if not may_discard and run is not None and run.settings != wanted.text and percent >= WORTH_ASKING:
            raise UnfinishedRunError(percent)
        self._submit(wanted, model, first)

    def _submit(self, segmentation: Segmentation, model: ModelVersion | None, first: QPoint) -> None:
        document = self._open.document
        if document is None or document.segmenting:
            return
        document.needed_mask()
        project = self._needed_project()
        entry = project.add(document.path)
        project.check(entry)  # the compute process reads the file as it is now
        if model is not None:
            self._classes.set(self._classes_with(model))
        folder = model.folder if model is not None else None
        at, run = (first.x(), first.y()), document.stream.unfinished
        job = self._jobs.start(
            lambda number: segmentation.request(number, entry.path, folder, at, run), _("Segmenting")
        )
        if model is not None:
            models, name = self._models, model.name
            job.finished.connect(lambda result: models.note_engine(name, result.engine, result.seconds))
        document.stream.follow(job, segmentation.model, segmentation)
        self._last = document, segmentation, first

    def _classes_with(self, model: ModelVersion) -> ClassList:
        """The classes as they will be once this model is used."""
        return with_names(self._classes.list, model.classes, above=self._classes.last_id)

    def _class_ids(self, model: ModelVersion) -> tuple[int, ...]:
        """The ids of its classes in the masks; none where they are 1, 2 … as in the model."""
        ids = ids_of(model.classes, self._classes_with(model))
        return () if ids == tuple(range(1, len(ids) + 1)) else ids

    def _apply(self) -> None:
        """Segment again what was segmented last, with threshold and splitting as they are now, unless that is under
        way, on a large slide, or no longer in front.
        """
        if self._last is None:
            return
        document, last, first = self._last
        wanted = replace(last, threshold=self._threshold, splitting=self._splitting)
        if document is not self._open.document or document.needs_parts or wanted == last:
            return
        if (model := self._model_of(last)) is not None:
            self._submit(replace(wanted, class_ids=self._class_ids(model)), model, first)

    def _begun(self) -> Segmentation | None:
        document = self._open.document
        run = document.stream.unfinished if document is not None else None
        return Segmentation.parse(run.settings) if run is not None else None

    def _model_of(self, begun: Segmentation) -> ModelVersion | None:
        """Raises UserError when the model that began it is another now: the two halves would not fit."""
        if begun.model == QUICK_METHOD:
            return None
        for version in self._models.versions:
            if version.name == begun.model and Segmentation.weights_of(version) == begun.weights:
                return version
        raise UserError(
            "The model “{model}”, which began this segmentation, is gone or has changed. Segment this part anew.",
            model=begun.model,
        )

    # -- what becomes of it ---------------------------------------------------------------------------------------

    def _finished(self, stream: Stream) -> None:
        document = self._open.document
        if document is not None and document.stream is stream and stream.empty_regions:
            self.said.emit(_("Done. What is hatched was left out, because nothing lies there."))
        self._apply()  # what may have been changed meanwhile

    def _stopped(self, unchanged: bool) -> None:
        self.said.emit(
            _("Stopped. The picture is as it was before.")
            if unchanged
            else _("Stopped. The cells found before you painted are kept; Undo takes them back.")
        )

    def _paused(self, share: float) -> None:
        text = _("Stopped at {percent} %. What is finished is kept; “Go on segmenting” does the rest.")
        self.said.emit(text.format(percent=round(100 * share)))
