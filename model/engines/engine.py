"""What runs the network: one small interface, and what its implementations have in common."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

SMALL_TILE, LARGE_TILE = 256, 960
"""Largest side of what an engine is shown at a time, px without the context around: the larger it is, the less is
computed twice, a whole block at most; the smaller, the sooner a slow computer hears Cancel."""


class Engine(Protocol):
    """May be called by several threads; one of them computes at a time, for the network takes all cores.

    `name`: what `bcseg segment --json` says. `tile`, `batch`: how large tiles, and how many at a time, it does best.
    """

    @property
    def name(self) -> str: ...
    @property
    def tile(self) -> int: ...
    @property
    def batch(self) -> int: ...

    def probabilities(self, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
        """RGB `(n, h, w, 3)` to probabilities `(n, outputs, h, w)`, h and w multiples of the stride."""


def physical_cores() -> int | None:
    """Cores we may use, where Linux tells; hyperthreads only get into each other's way. None: who knows."""
    try:
        mine = os.sched_getaffinity(0)
        topology = "/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"
        return len({Path(topology.format(cpu)).read_text() for cpu in mine})
    except (AttributeError, OSError):
        return None
