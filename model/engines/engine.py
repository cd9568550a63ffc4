"""The interface of what runs a network, and what its implementations share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

SMALL_TILE, LARGE_TILE = 256, 960
"""Largest side of a tile, px without its halo. The larger it is, the less is computed twice; the smaller, the sooner a
slow computer reacts to Cancel."""


class Engine(Protocol):
    """May be called from several threads; one computes at a time, since the network takes all cores.

    `name`: as in `bcseg segment --json`. `tile`, `batch`: the size and number of tiles at a time that suit it best.
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
    """Cores this process may use, without hyperthreads, which only compete. None except on Linux."""
    try:
        mine = os.sched_getaffinity(0)
        topology = "/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"
        return len({Path(topology.format(cpu)).read_text() for cpu in mine})
    except (AttributeError, OSError):
        return None
