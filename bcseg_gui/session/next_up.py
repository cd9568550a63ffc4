"""What to correct next: the pictures that are not reviewed, in the order in which the model gains most from them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from ..compute.protocol import Rank, RankResult
from ..core.errors import UserError
from ..core.i18n import _
from .jobs import Job
from .worklist import LEFT, Worklist, WorklistItem

if TYPE_CHECKING:
    from .session import Session

MOST = 200
"""Pictures that are looked at; a person corrects a few before the model has changed."""


class NextUp(QObject):
    ranked = Signal()
    """The pictures of the session's worklist have ranks now."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._job: Job | None = None

    def look(self) -> None:
        """Have the model look at what is left to do. Raises UserError when there is no model, or nothing is left."""
        if self._job is not None:
            return
        model = self._session.models.needed()
        items = [item for item in self._session.worklist if item.status in LEFT][:MOST]
        if not items:
            raise UserError("All pictures are reviewed. Open more of them.")
        slides = tuple((item.path, item.page) for item in items)
        self._job = self._session.jobs.start(
            lambda number: Rank(number, slides, model.folder), _("Looking for what to correct next")
        )
        self._job.finished.connect(lambda result: self._found(items, result))
        self._job.failed.connect(self._session.failed)
        self._job.ended.connect(self._over)

    def _found(self, items: list[WorklistItem], result: RankResult) -> None:
        ranks = {items[place].path: rank for rank, place in enumerate(result.order, 1)}
        session = self._session
        session.worklist = Worklist(replace(item, rank=ranks.get(item.path, 0)) for item in session.worklist)
        session.worklistChanged.emit()
        self.ranked.emit()

    def _over(self) -> None:
        self._job = None
