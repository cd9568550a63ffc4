"""The record of which model is in use and which were before; append-only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from ..errors import UserError
from ..files import make_folder, read_json, write_json


@dataclass(frozen=True, slots=True)
class Promotion:
    """A model made active; times are ISO 8601 in UTC, `rolled_back` is empty while the promotion stands.

    `by`: who did it. `overruled`: the gate had refused it.
    """

    model: str
    at: str
    rolled_back: str = ""
    by: str = ""
    overruled: bool = False


@dataclass(frozen=True, slots=True)
class Promotions:
    """`active` is the model of the last standing promotion; empty: the one the app came with."""

    active: str = ""
    history: tuple[Promotion, ...] = ()
    schema: int = 1

    def promoted(self, model: str, by: str = "", *, overruled: bool = False) -> Promotions:
        if model == self.active:
            return self
        promotion = Promotion(model, _now(), by=by, overruled=overruled)
        return replace(self, active=model, history=(*self.history, promotion))

    def rolled_back(self) -> Promotions:
        """Return to the previous model. Raises UserError when there is none."""
        standing = [index for index, promotion in enumerate(self.history) if not promotion.rolled_back]
        if not standing:
            raise UserError("There is no earlier model to go back to.")
        history = list(self.history)
        history[standing[-1]] = replace(history[standing[-1]], rolled_back=_now())
        return replace(self, active=history[standing[-2]].model if len(standing) > 1 else "", history=tuple(history))


class PromotionStore(Protocol):
    """Storage of the record: a project keeps it in `project.json`, a library in a file of its own."""

    def read_promotions(self) -> Promotions: ...
    def write_promotions(self, promotions: Promotions) -> None: ...


class LibraryPromotions:
    """The record of a library of models that belongs to no project: `active.json` in its folder."""

    def __init__(self, library: Path) -> None:
        self._path = library / "active.json"

    def read_promotions(self) -> Promotions:
        return read_json(self._path, Promotions) if self._path.exists() else Promotions()

    def write_promotions(self, promotions: Promotions) -> None:
        make_folder(self._path.parent)
        write_json(self._path, promotions)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
