"""Which pictures to correct next: those that the model doubts most, and that are not like those before them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

NOVELTY = 0.5
"""How much of what a picture is worth it loses when one just like it comes before it."""


def correcting_order(doubts: Sequence[float], looks: Sequence[Sequence[float]]) -> list[int]:
    """Places of the pictures, the most useful first.

    `doubts` ≥ 0: how unsure the model is of each; `looks`: what each looks like, in any units, as many figures of all.
    Greedy: each is the best one beside those chosen already, as in the farthest-point choice of core sets (Sener &
    Savarese 2018), weighed by doubt.
    """
    worth, points = np.asarray(doubts, np.float64), _standardised(np.asarray(looks, np.float64))
    left, order = list(range(len(worth))), list[int]()
    nearest = np.full(len(worth), np.inf)
    while left:
        novelty = 1 - 1 / (nearest + 1)
        best = max(left, key=lambda place: (worth[place] * (1 - NOVELTY + NOVELTY * novelty[place]), -place))
        order.append(best)
        left.remove(best)
        nearest = np.minimum(nearest, np.linalg.norm(points - points[best], axis=1))
    return order


def _standardised(looks: NDArray[np.float64]) -> NDArray[np.float64]:
    """Figures of mean 0, and of a spread that makes two pictures about 1 apart as a rule."""
    if not looks.size:
        return looks
    spread = looks.std(axis=0) * np.sqrt(2 * looks.shape[1])
    return np.asarray((looks - looks.mean(axis=0)) / np.where(spread > 0, spread, 1.0))
