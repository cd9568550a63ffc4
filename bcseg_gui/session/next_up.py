"""What to correct next: pictures in the order in which the model gains most from them, and where in them it doubts."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from ..compute.protocol import Rank, RankedSlide, RankResult
from ..core.cells.diameter import expected_cell_diameter
from ..core.errors import UserError
from ..core.formats.pairs import slide_of
from ..core.geometry import Region
from ..core.i18n import _
from ..core.project import ModelVersion
from ..core.retraining.next_up import enough
from ..core.retraining.record import read_record
from .jobs import Job
from .worklist import LEFT, Worklist

if TYPE_CHECKING:
    from .session import Session

MOST = 200
"""Pictures that are looked at; a person corrects a few before the model has changed."""


@dataclass(frozen=True, slots=True)
class Suggested:
    """A picture to correct, or a part of a slide, and the spots in it (level-0 px), the most doubtful first.

    `gain`: the share of all the model's doubt that goes when it is corrected after those before it.
    """

    path: Path
    gain: float
    spots: tuple[Region, ...]


class NextUp(QObject):
    ranked = Signal()
    """The pictures of the session's worklist have ranks now."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._job: Job | None = None
        self._model = ""
        self._suggestions: list[Suggested] = []
        self._seen: set[tuple[Path, Region]] = set()

    @property
    def suggestions(self) -> tuple[Suggested, ...]:
        """In their order, those reviewed meanwhile too; none when the model in use has not looked at them."""
        model, listed = self._session.models.active, self._session.worklist
        if model is None or model.name != self._model:
            return ()
        return tuple(suggested for suggested in self._suggestions if listed.place(suggested.path) >= 0)

    @property
    def has_left(self) -> bool:
        """There are pictures, or parts of a slide, to correct."""
        listed = self._session.worklist
        return listed.has_left or any(
            entry.is_partly_reviewed for entry in map(self._session.entry, (item.path for item in listed)) if entry
        )

    def look(self) -> None:
        """Have the model look at what is left to do. Raises UserError when there is no model, or nothing is left."""
        if self._job is not None:
            return
        model = self._session.models.needed()
        slides = self._slides(model)
        if not slides:
            raise UserError("All pictures are reviewed. Open more of them.")
        self._job = self._session.jobs.start(
            lambda number: Rank(number, slides, model.folder), _("Looking for what to correct next")
        )
        self._job.finished.connect(lambda result: self._found(model.name, slides, result))
        self._job.failed.connect(self._session.failed)
        self._job.ended.connect(self._over)

    def next_spot(self, *, stay: bool = True) -> tuple[int, Region] | None:
        """A place in the worklist and where to look there: what the model doubts most of what nobody was taken to yet.

        The picture in front comes first, to `stay` there, then the others in their order; None when there is no more.
        """
        front = self._session.document.path if stay and self._session.document is not None else None
        for suggested in sorted(self.suggestions, key=lambda suggested: suggested.path != front):
            for spot in suggested.spots if not self.is_done(suggested) else ():
                if (suggested.path, spot) not in self._seen:
                    self._seen.add((suggested.path, spot))
                    return self._session.worklist.place(suggested.path), spot
        return None

    @property
    def more(self) -> int:
        """How many to correct until the rest teaches the model little."""
        suggestions = self.suggestions
        return enough([each.gain for each in suggestions], list(map(self.is_done, suggestions)))

    def is_done(self, suggested: Suggested) -> bool:
        """It was reviewed meanwhile, or cannot be opened."""
        status = self._session.worklist[self._session.worklist.place(suggested.path)].status
        entry = self._session.entry(suggested.path)
        if status != "reviewed" or entry is None:
            return status == "problem"
        reviewed = entry.reviewed_regions()
        return all(any(spot.is_mostly_in(region) for region in reviewed) for spot in suggested.spots)

    def _slides(self, model: ModelVersion) -> tuple[RankedSlide, ...]:
        """What is left to do, and what is reviewed that the model is still to learn from; empty when nothing is left
        to do.
        """
        learnt = _learnt_from(model)
        left, others = list[RankedSlide](), list[RankedSlide]()
        for item in self._session.worklist:
            entry = self._session.entry(item.path)
            if item.status == "problem":
                continue
            if entry is None:
                left.append(RankedSlide(item.path, item.page))
                continue
            slide = RankedSlide(
                item.path, item.page, entry.reviewed_regions(), entry.split == "holdout" or entry.id in learnt,
                entry.cell_diameter or expected_cell_diameter(entry.given_mpp),
            )  # fmt: skip
            if item.status in LEFT or entry.is_partly_reviewed:
                left.append(slide)
            elif not slide.learnt:
                others.append(slide)
        return (*_spread(left), *_spread(others)) if left else ()

    def _found(self, model: str, slides: tuple[RankedSlide, ...], result: RankResult) -> None:
        session = self._session
        if not any(session.worklist.place(slide.path) >= 0 for slide in slides):
            return  # something else was opened meanwhile
        self._model, self._seen = model, set()
        self._suggestions = [Suggested(slides[each.place].path, each.gain, each.spots) for each in result.order]
        ranks = {path: rank for rank, path in enumerate(dict.fromkeys(each.path for each in self._suggestions), 1)}
        session.worklist = Worklist(replace(item, rank=ranks.get(item.path, 0)) for item in session.worklist)
        session.worklistChanged.emit()
        self.ranked.emit()

    def _over(self) -> None:
        self._job = None


def _spread(slides: list[RankedSlide]) -> list[RankedSlide]:
    """At most `MOST` of them, from all over the list: neighbours often are of one patient."""
    return [slides[at * len(slides) // MOST] for at in range(MOST)] if len(slides) > MOST else slides


def _learnt_from(model: ModelVersion) -> frozenset[str]:
    """Ids of the slides that a model was made from, as far as is known."""
    with suppress(UserError):
        record = read_record(model.folder)
        if record is not None:
            return frozenset(slide_of(pair.image) for pair in record.pairs if pair.split == "train")
    return frozenset()
