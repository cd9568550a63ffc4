"""What to correct next: pictures in the order in which the model gains most from them, and where in them it doubts."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from bcseg_gui.compute.protocol import Rank, RankedSlide, RankResult
from bcseg_gui.core.cells.diameter import expected_cell_diameter
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.formats.format import origin_of
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.i18n import _
from bcseg_gui.core.models import ModelVersion
from bcseg_gui.core.project import SlideEntry
from bcseg_gui.core.retraining.ranking import WORTH
from bcseg_gui.core.retraining.record import read_record

from .jobs import Job, Jobs
from .models import Models
from .open import Open
from .worklist import LEFT, WorklistItem

MOST = 200
"""Pictures that are ranked; a person corrects a few before the model has changed."""


@dataclass(frozen=True, slots=True)
class Suggested:
    """A picture to correct, or a part of a slide, and the spots in it (level-0 px), the most doubtful first.

    `gain`: about how many cells, in all pictures, the doubt goes when it is corrected after those before it. `done`: it
    was reviewed meanwhile.
    """

    path: Path
    page: int
    gain: float
    spots: tuple[Region, ...]
    done: bool = False

    @property
    def is_worth_it(self) -> bool:
        """Correcting it pays."""
        return not self.done and self.gain >= WORTH


class NextUp(QObject):
    ranked = Signal()
    """The pictures of the worklist have ranks now."""
    wentOn = Signal()
    """Another spot is in front."""
    said = Signal(str)
    failed = Signal(object)
    """UserError"""

    def __init__(self, opened: Open, models: Models, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._open, self._models, self._jobs = opened, models, jobs
        self._job: Job | None = None
        self._model = ""
        self._asked_at = -1
        self._found: tuple[Suggested, ...] = ()
        self._seen: set[tuple[Path, Region]] = set()
        self._last: tuple[Path, tuple[Region, ...]] | None = None

    @property
    def suggestions(self) -> tuple[Suggested, ...]:
        """In order, as far as they are on the worklist and can be opened; none when the model in use has not ranked
        them.
        """
        model, items = self._models.active, self._open.worklist
        if model is None or model.name != self._model:
            return ()
        places = {path: items.place(path) for path in {each.path for each in self._found}}
        listed = {path: items[place] for path, place in places.items() if place >= 0}
        reviewed = {path: self._reviewed(item) for path, item in listed.items()}
        return tuple(
            replace(each, done=_is_done(each, listed[each.path].status, reviewed[each.path]))
            for each in self._found
            if each.path in listed
            and listed[each.path].status != "problem"
            and each.page == self._page(listed[each.path])
        )

    @property
    def has_left(self) -> bool:
        """There are pictures to correct, or parts of the slide in front."""
        entry = self._open.front_entry()
        return self._open.worklist.has_left or (entry is not None and _may_go_on(entry))

    def rank(self) -> None:
        """Have the model rank what is left to do. Raises UserError when there is no model, or nothing is left."""
        if self._job is not None:
            return
        model = self._models.needed()
        slides = self._slides(model)
        if not slides:
            raise UserError("All pictures are reviewed. Open more of them.")
        self._job = self._jobs.start(
            lambda number: Rank(number, slides, model.folder), _("Looking for what to correct next")
        )
        self._asked_at = self._open.index
        self._job.finished.connect(lambda result: self._ranked(model.name, slides, result))
        self._job.failed.connect(self.failed)
        self._job.ended.connect(self._over)

    @property
    def is_waited_for(self) -> bool:
        """The same picture is in front as when the ranking began: nobody has gone on with something else."""
        return self._open.index == self._asked_at

    def next_spot(self, *, stay: bool = True) -> tuple[Suggested, Region] | None:
        """The next spot that was not visited yet and pays to be corrected; None when there is none left.

        To `stay` with the suggestion that is current, its spots come first, then the others in order.
        """
        suggestions = self.suggestions
        at = self.in_hand(suggestions) if stay else None
        for each in suggestions if at is None else (suggestions[at], *suggestions):
            for spot in each.spots if each.is_worth_it else ():
                if (each.path, spot) not in self._seen:
                    return each, spot
        return None

    def went_to(self, suggested: Suggested, spot: Region) -> None:
        self._seen.add((suggested.path, spot))
        self._last = suggested.path, suggested.spots
        self.wentOn.emit()

    def begin_anew(self) -> None:
        """Forget which spots were visited."""
        self._seen.clear()

    def in_hand(self, suggestions: Sequence[Suggested]) -> int | None:
        """Index of the suggestion visited last, if its picture is in front, else of the first one of that picture."""
        front = self._open.document.path if self._open.document is not None else None
        own = [number for number, each in enumerate(suggestions) if each.path == front]
        last = [number for number in own if (suggestions[number].path, suggestions[number].spots) == self._last]
        return next(iter((*last, *own)), None)

    def _slides(self, model: ModelVersion) -> tuple[RankedSlide, ...]:
        """What is left to do, then what is reviewed and not learnt from yet; empty when nothing is left to do."""
        learnt = _learnt_from(model)
        left, others = list[RankedSlide](), list[RankedSlide]()
        for item in self._open.worklist:
            entry = self._open.entry(item.path)
            if item.status == "problem":
                continue
            if entry is None:
                left.append(RankedSlide(item.path, self._page(item)))
                continue
            reviewed = entry.reviewed_regions()
            to_learn = (
                () if entry.split == "holdout" else tuple(r for r in reviewed if not _was_learnt(r, learnt, entry.id))
            )
            diameter = entry.cell_diameter or expected_cell_diameter(entry.given_mpp)
            slide = RankedSlide(item.path, self._page(item), reviewed, to_learn, diameter)
            if (item.status in LEFT and entry.split != "holdout") or _may_go_on(entry):
                left.append(slide)
            elif to_learn:
                others.append(slide)
        return (*_spread(left), *_spread(others)) if left else ()

    def _page(self, item: WorklistItem) -> int:
        """The page of a picture that is shown."""
        document = self._open.document
        return document.slide.page if document is not None and document.path == item.path else item.page

    def _reviewed(self, item: WorklistItem) -> tuple[Region, ...]:
        entry = self._open.entry(item.path)
        return entry.reviewed_regions() if entry is not None else ()

    def _ranked(self, model: str, slides: tuple[RankedSlide, ...], result: RankResult) -> None:
        if not any(self._open.worklist.place(slide.path) >= 0 for slide in slides):
            return  # something else was opened meanwhile
        if self._models.active is None or self._models.active.name != model:
            self.said.emit(_("Another model is in use now. Press Ctrl+J to let it look for what to correct next."))
            return
        self._model, self._last = model, None
        self._seen.clear()
        self._found = tuple(
            Suggested(slides[each.place].path, slides[each.place].page, each.gain, each.spots) for each in result.order
        )
        ranks = {path: rank for rank, path in enumerate(dict.fromkeys(each.path for each in self._found), 1)}
        self._open.set_ranks(ranks)
        self.ranked.emit()

    def _over(self) -> None:
        self._job = None


def count_worth_it(suggestions: Sequence[Suggested]) -> int:
    """How many of them are still worth correcting."""
    return sum(each.is_worth_it for each in suggestions)


def _may_go_on(entry: SlideEntry) -> bool:
    """More of a large slide can be reviewed, and the model will learn from it."""
    return entry.is_partly_reviewed and entry.split != "holdout"


def _is_done(suggested: Suggested, status: str, reviewed: Sequence[Region]) -> bool:
    return status == "reviewed" and all(spot.is_mostly_in(*reviewed) for spot in suggested.spots)


def _spread(slides: list[RankedSlide]) -> list[RankedSlide]:
    """At most `MOST` of them, from all over the list: neighbours often are of one patient."""
    return [slides[at * len(slides) // MOST] for at in range(MOST)] if len(slides) > MOST else slides


def _learnt_from(model: ModelVersion) -> list[tuple[str, Region | None]]:
    """Ids of the slides that a model was made from, as far as is known, and which part of each (None: all)."""
    with suppress(UserError):
        record = read_record(model.folder)
        if record is not None:
            return [origin_of(pair.image.removesuffix(".png")) for pair in record.pairs if pair.split == "train"]
    return []


def _was_learnt(region: Region, learnt: Sequence[tuple[str, Region | None]], slide: str) -> bool:
    return any(name == slide and (part is None or region.is_mostly_in(part)) for name, part in learnt)
