"""Which reviewed slides a model learns from and which are kept for the test, once and for all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Literal

from ..errors import UserError

Split = Literal["train", "holdout"]

_ONE_IN = 5


def split(ids: Iterable[str], frozen: Mapping[str, Split] | None = None) -> dict[str, Split]:
    """Side of every slide id: the `frozen` one where there is one, else by a hash of the id, about 1 in 5 held out.

    With two ids or more both sides get at least one, as far as the frozen ones leave a choice; the order of `ids`
    does not matter.
    """
    frozen = frozen or {}
    ids = sorted(set(ids))
    sides = {slide_id: frozen.get(slide_id) or _by_hash(slide_id) for slide_id in ids}
    free = sorted((slide_id for slide_id in ids if slide_id not in frozen), key=_hash)
    if len(ids) >= 2 and free and len(set(sides.values())) == 1:
        # The lowest hash is the next to be held out, the highest the last.
        if "train" in sides.values():
            sides[free[0]] = "holdout"
        else:
            sides[free[-1]] = "train"
    return sides


def require_both(sides: Mapping[str, Split]) -> None:
    """Raise UserError unless there is a slide to learn from and one to test on."""
    if len(sides) < 2:
        raise UserError("Review at least two pictures: one to learn from and one to keep for the test.")
    if "holdout" not in sides.values():
        raise UserError(
            "All reviewed pictures are ones the model learns from. Review one more picture: it is kept for the test."
        )
    if "train" not in sides.values():
        raise UserError(
            "All reviewed pictures are kept for the test. Review one more picture for the model to learn from."
        )


def _by_hash(slide_id: str) -> Split:
    return "holdout" if _hash(slide_id) < 2**64 // _ONE_IN else "train"


def _hash(slide_id: str) -> int:
    return int.from_bytes(hashlib.blake2b(slide_id.encode(), digest_size=8).digest(), "big")
