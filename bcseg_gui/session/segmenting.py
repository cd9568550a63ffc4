"""Which part of the slide in front is segmented, by what, and what is said when it is over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint

from bcseg_gui.compute.protocol import QUICK_METHOD
from bcseg_gui.compute.segmenting.spec import USUAL_SPLITTING, USUAL_THRESHOLD, Segmentation
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.i18n import _
from bcseg_gui.core.models import ModelVersion
from bcseg_gui.core.project.classes import Classes, ids_of, with_names

from .document import Document
from .models import Ran

if TYPE_CHECKING:
    from .session import Session

NOWHERE = Region(0, 0, 0, 0)
WORTH_ASKING = 3
"""Percent of a segmentation."""


class Segmenting(QObject):
    """Points and regions are in level-0 pixels; what lies nearest to `first` is segmented first.

    The methods raise UserError when there is no model, nothing of the part lies on the slide, or the mask cannot be
    written. They do nothing while the slide is being segmented.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.may_give_up: Callable[[int], bool] = lambda percent: True
        """Asked before another segmentation makes it impossible to go on with one of which so many percent are done."""
        self._threshold, self._splitting = USUAL_THRESHOLD, USUAL_SPLITTING
        self._last: tuple[Document, Segmentation, QPoint] | None = None

    def follow(self, document: Document) -> None:
        """Tell of what becomes of this document's segmentations."""
        document.segmented.connect(self._segmented)
        document.stopped.connect(self._stopped)
        document.paused.connect(self._paused)

    # -- what to segment ------------------------------------------------------------------------------------------

    def picture(self, first: QPoint, visible: Region = NOWHERE) -> None:
        """What is selected; else the rest of what the model in use began; of a large slide what is seen; else all."""
        self._usual_part(self._session.models.needed(), first, visible)

    def quick(self, first: QPoint, visible: Region = NOWHERE) -> None:
        """As `picture`, without a model."""
        self._usual_part(None, first, visible)

    def visible(self, visible: Region) -> None:
        middle = QPoint(visible.x + visible.w // 2, visible.y + visible.h // 2)
        self._start(self._session.models.needed(), middle, region=visible)

    def selection(self, first: QPoint) -> None:
        document = self._session.document
        if document is not None and document.selection:
            self._start(self._session.models.needed(), first, outline=document.selection)

    def whole(self, first: QPoint) -> None:
        self._start(self._session.models.needed(), first)

    def resume(self, first: QPoint) -> None:
        """Go on with what was interrupted, as it was begun."""
        begun = self._begun()
        if begun is not None:
            self._submit(begun, self._model_of(begun), first)

    def adjust(self, threshold: float, splitting: float) -> None:
        """From which probability on a pixel is cell, and how readily cells that touch are parted, from now on.

        A photograph segmented last is done again. That is one edit more, and quick: the compute process still knows
        the probabilities.
        """
        self._threshold, self._splitting = threshold, splitting
        self._apply()

    @property
    def percent_done(self) -> int | None:
        """Of a segmentation of the slide in front that was interrupted; None without one."""
        document = self._session.document
        if document is None or document.segmenting or document.unfinished is None:
            return None
        return round(100 * document.unfinished_share)

    def _usual_part(self, model: ModelVersion | None, first: QPoint, visible: Region) -> None:
        document = self._session.document
        if document is None:
            return
        begun = self._begun()
        if document.selection:
            self._start(model, first, outline=document.selection)
        elif begun is not None and self._goes_on(begun, model, visible):
            self._submit(begun, self._model_of(begun), first)
        elif document.is_large and not visible.is_empty:
            self._start(model, first, region=visible)
        else:
            self._start(model, first)

    def _goes_on(self, begun: Segmentation, model: ModelVersion | None, visible: Region) -> bool:
        """What was begun is what a person who presses Segment here and now would begin."""
        if begun.model != (QUICK_METHOD if model is None else model.name):
            return False
        if begun.region is not None and not visible.is_empty and begun.region.intersected(visible).is_empty:
            return False
        return self._wanted(model, region=begun.region, outline=begun.outline) == begun

    def _wanted(
        self, model: ModelVersion | None, *, region: Region | None = None, outline: Sequence[tuple[int, int]] = ()
    ) -> Segmentation:
        """Of the slide in front, as things are now, or as they were when exactly this was begun."""
        document, size = self._session.document, self._session.cell_size
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
        return wanted.or_unfinished(document.unfinished, given=said_by_person)

    # -- doing it -------------------------------------------------------------------------------------------------

    def _start(
        self,
        model: ModelVersion | None,
        first: QPoint,
        *,
        region: Region | None = None,
        outline: Sequence[tuple[int, int]] = (),
    ) -> None:
        document = self._session.document
        if document is None or document.segmenting:
            return
        document.needed_mask()
        wanted, run, percent = (
            self._wanted(model, region=region, outline=outline),
            document.unfinished,
            self.percent_done,
        )
        is_lost = run is not None and run.settings != wanted.text and (percent or 0) >= WORTH_ASKING
        if not is_lost or self.may_give_up(percent or 0):
            self._submit(wanted, model, first)

    def _submit(self, segmentation: Segmentation, model: ModelVersion | None, first: QPoint) -> None:
        document = self._session.document
        if document is None or document.segmenting:
            return
        document.needed_mask()
        project = self._session.needed_project()
        entry = project.add(document.path)
        project.check(entry)  # the compute process reads the file as it is now
        if model is not None:
            self._session.classes.set(self._classes_with(model))
        folder = model.folder if model is not None else None
        at, run = (first.x(), first.y()), document.unfinished
        job = self._session.jobs.start(
            lambda number: segmentation.request(number, entry.path, folder, at, run), _("Segmenting")
        )
        if model is not None:
            ran, name = self._session.models.ran, model.name
            job.finished.connect(lambda result: ran.update({name: Ran(result.engine, result.seconds)}))
        document.follow(job, segmentation.model, segmentation)
        self._last = document, segmentation, first

    def _classes_with(self, model: ModelVersion) -> Classes:
        """The classes as they are when this model has been used."""
        classes = self._session.classes
        return with_names(classes.list, model.classes, above=classes.last_id)

    def _class_ids(self, model: ModelVersion) -> tuple[int, ...]:
        """Those of its classes in the masks; none where they are 1, 2 … as in the model."""
        ids = ids_of(model.classes, self._classes_with(model))
        return () if ids == tuple(range(1, len(ids) + 1)) else ids

    def _apply(self) -> None:
        """To what was segmented last, unless that is under way, on a large slide, or no longer in front."""
        if self._last is None:
            return
        document, last, first = self._last
        wanted = replace(last, threshold=self._threshold, splitting=self._splitting)
        if document is not self._session.document or document.is_large or wanted == last:
            return
        if (model := self._model_of(last)) is not None:
            self._submit(replace(wanted, class_ids=self._class_ids(model)), model, first)

    def _begun(self) -> Segmentation | None:
        document = self._session.document
        run = document.unfinished if document is not None else None
        return Segmentation.parse(run.settings) if run is not None else None

    def _model_of(self, begun: Segmentation) -> ModelVersion | None:
        """Raises UserError when the model that began it is another now: the two halves would not fit."""
        if begun.model == QUICK_METHOD:
            return None
        for version in self._session.models.versions:
            if version.name == begun.model and Segmentation.weights_of(version) == begun.weights:
                return version
        raise UserError(
            "The model “{model}”, which began this segmentation, is gone or has changed. Segment this part anew.",
            model=begun.model,
        )

    # -- what becomes of it ---------------------------------------------------------------------------------------

    def _segmented(self, document: Document) -> None:
        if document is self._session.document and document.empty_regions:
            self._session.said.emit(_("Done. What is hatched was left out, because nothing lies there."))
        self._apply()  # what may have been changed meanwhile

    def _stopped(self, unchanged: bool) -> None:
        self._session.said.emit(
            _("Stopped. The picture is as it was before.")
            if unchanged
            else _("Stopped. The cells found before you painted are kept; Undo takes them back.")
        )

    def _paused(self, share: float) -> None:
        text = _("Stopped at {percent} %. What is finished is kept; “Go on segmenting” does the rest.")
        self._session.said.emit(text.format(percent=round(100 * share)))
