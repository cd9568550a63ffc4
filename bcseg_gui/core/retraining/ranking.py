"""What to correct next: the pictures from which a model learns most, and where in them its doubt lies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import accumulate, chain, pairwise

import numpy as np
from numpy.typing import NDArray

from ..geometry import Region

SHARED = 0.5
"""Of the doubt that is left in a spot, as much goes when one is corrected that looks just like it."""
MOST_SPOTS = 5
"""Of a piece, worth going to."""
WORTH = 1.0
"""Cells: a correction that settles the doubt about fewer, in all pictures together, is not worth its time."""
LEAST_SHARE = 0.1
"""Share of the doubt of a piece's most doubtful spot from which another one is worth going to."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A part of a picture in level-0 pixels: how much a model doubts it, in cells, and figures of what it looks like.

    `clear`: the share of the cells in it that lie apart. Where they overlap, people draw borders each in their own way,
    and a model learns little from them.
    """

    region: Region
    doubt: float
    look: tuple[float, ...]
    clear: float = 1.0


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The piece at a `place`, and its `spots` in level-0 pixels, the most doubtful first.

    `gain`: about how many cells, in all pieces, the doubt goes when this one is corrected after those before it.
    """

    place: int
    gain: float
    spots: tuple[Region, ...]


def correcting_order(pieces: Sequence[Sequence[Spot]], known: Sequence[Sequence[Spot]] = ()) -> list[Suggestion]:
    """What a person corrects at a time, a picture or a part of a slide, that from which a model learns most first.

    One without a spot is left out. `known`: pieces that the model is to learn from in any case. A corrected piece
    settles the doubt in its own spots, and `SHARED` of what is left of it in those that look just like one of them; of
    both only as much as it is clear. Greedy: each piece is the one that settles most of what those before it left, so
    gains never rise; together they settle at least 1 − 1/e of what the best choice of as many would (Nemhauser, Wolsey
    & Fisher 1978, for submodular gains; to choose what to learn from: Wei, Iyer & Bilmes 2015).
    """
    spots = [spot for piece in pieces for spot in piece]
    looks = _standardised(np.array([spot.look for spot in (*spots, *chain(*known))], np.float32))
    places = _places((*pieces, *known))
    clear = np.array([spot.clear for spot in (*spots, *chain(*known))], np.float32)
    settles = [SHARED * _taught(looks[place], clear[place], looks[: len(spots)]) for place in places]
    for place, settled in zip(places[: len(pieces)], settles, strict=False):
        settled[place] = clear[place]
    doubts = np.array([spot.doubt for spot in spots], np.float32)
    for settled in settles[len(pieces) :]:
        doubts *= 1 - settled

    def key(number: int) -> tuple[float, float, int]:
        # Where nothing is gained any more, what is doubted most comes first.
        return -float(settles[number] @ doubts), -sum(spot.doubt for spot in pieces[number]), number

    # What a piece gains only falls, so most of them need not be looked at again (Minoux 1978).
    waiting = [key(number) for number, piece in enumerate(pieces) if piece]
    heapify(waiting)
    order: list[Suggestion] = []
    while waiting:
        *_, number = heappop(waiting)
        now = key(number)
        if waiting and now > waiting[0]:
            heappush(waiting, now)
            continue
        order.append(Suggestion(number, -now[0], _worth_going_to(pieces[number])))
        doubts *= 1 - settles[number]
    return order


def _places(pieces: Sequence[Sequence[Spot]]) -> list[slice]:
    """Of the spots of each piece among those of all."""
    ends = list(accumulate(map(len, pieces), initial=0))
    return [slice(start, end) for start, end in pairwise(ends)]


def _worth_going_to(piece: Sequence[Spot]) -> tuple[Region, ...]:
    falling = sorted(piece, key=lambda spot: -spot.doubt)
    return tuple(
        spot.region for spot in falling[:MOST_SPOTS] if spot.doubt > 0 and spot.doubt >= LEAST_SHARE * falling[0].doubt
    )


def _taught(some: NDArray[np.float32], clear: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """How much each of the others looks like one of `some`, as far as that is `clear`, 0 to 1; 0 where none is."""
    taught = np.zeros(len(others), np.float32)
    for look, share in zip(some, clear, strict=True):
        np.maximum(taught, share * np.exp(-((others - look) ** 2).sum(axis=1)), out=taught)
    return taught


def _standardised(looks: NDArray[np.float32]) -> NDArray[np.float32]:
    """Figures of mean 0, and of a spread that makes two spots about 1 apart as a rule."""
    if not looks.size:
        return looks
    spread = looks.std(axis=0) * np.sqrt(2 * looks.shape[1])
    return np.asarray((looks - looks.mean(axis=0)) / np.where(spread > 0, spread, 1.0))
