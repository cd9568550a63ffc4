"""Which reviewed slides a model learns from and which are held out for testing; fixed once chosen."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from ..errors import UserError
from ..geometry import Region

Split = Literal["train", "holdout"]

_ONE_IN = 5
_FEWEST, _MOST = 7, 4
"""Where fewer than one in 7 or more than one in 4 are held out, the next slide does not follow its hash."""
MARGIN = 1.5
"""Cell diameters between the parts of one slide: no cell, and nothing that the network sees round it, is in both."""
_LEAST = 3
"""Smallest side of the part held out for testing, in cell diameters."""


def split(ids: Iterable[str], frozen: Mapping[str, Split] | None = None) -> dict[str, Split]:
    """Side of every slide id: the `frozen` one where there is one, else by a hash of the id, about 1 in 5 held out.

    With two ids or more both sides get at least one, as far as the frozen ones leave a choice, and with many neither
    gets much more than its share; the order of `ids` does not matter.
    """
    sides, ids = dict(frozen or {}), sorted(set(ids))
    for slide_id in ids:
        if slide_id not in sides:
            sides[slide_id] = _next_side(slide_id, list(sides.values()))
    return {slide_id: sides[slide_id] for slide_id in ids}


def _next_side(slide_id: str, others: list[Split]) -> Split:
    count, held = len(others) + 1, others.count("holdout")
    if others and held in (0, len(others)):
        return "train" if held else "holdout"
    if _FEWEST * held < len(others):
        return "holdout"
    return "train" if _MOST * held >= count else _by_hash(slide_id)


def require_both(sides: Mapping[str, Split]) -> None:
    """Raise UserError unless there is a slide to learn from and one to test on."""
    if not sides:
        raise UserError("No picture is reviewed yet. Correct a picture, then mark it as reviewed.")
    if "holdout" not in sides.values():
        raise UserError(
            "All reviewed pictures are ones the model learns from. Review one more picture: it is kept for the test."
        )
    if "train" not in sides.values():
        raise UserError(
            "All reviewed pictures are kept for the test. Review one more picture for the model to learn from."
        )


def parted(slide_id: str, regions: Sequence[Region], cell_diameter: float) -> list[tuple[Region, Split]]:
    """The reviewed regions of the only slide there is, to learn from and to test on.

    Several: about one in five by a hash of its place, and none of the others that comes nearer than `MARGIN` cells.
    One: a fifth at one end of it, `MARGIN` cells apart. Raises UserError when there is not enough room for both.
    """
    margin = round(MARGIN * cell_diameter)
    if len(regions) == 1:
        return list(zip(_cut(slide_id, regions[0], margin, _LEAST * cell_diameter), ("train", "holdout"), strict=True))
    sides = split(f"{slide_id} {region}" for region in regions)
    held = [region for region in regions if sides[f"{slide_id} {region}"] == "holdout"]
    apart = [region for region in regions if all(region.grown(margin).intersected(other).is_empty for other in held)]
    if not apart:
        raise _too_small()
    return [(region, "train") for region in apart] + [(region, "holdout") for region in held]


def _cut(slide_id: str, region: Region, margin: int, least: float) -> tuple[Region, Region]:
    long = max(region.w, region.h)
    kept = max(round(long / _ONE_IN), round(least))
    learnt = long - kept - margin
    if learnt < kept:
        raise _too_small()
    first, second = (learnt, kept) if _hash(slide_id) % 2 else (kept, learnt)
    parts = (0, first), (first + margin, second)
    if region.w >= region.h:
        one, other = (Region(region.x + start, region.y, size, region.h) for start, size in parts)
    else:
        one, other = (Region(region.x, region.y + start, region.w, size) for start, size in parts)
    return (one, other) if first == learnt else (other, one)


def _too_small() -> UserError:
    return UserError("The one reviewed picture is too small to learn from and to test on. Review one more picture.")


def _by_hash(slide_id: str) -> Split:
    return "holdout" if _hash(slide_id) < 2**64 // _ONE_IN else "train"


def _hash(slide_id: str) -> int:
    return int.from_bytes(hashlib.blake2b(slide_id.encode(), digest_size=8).digest(), "big")
