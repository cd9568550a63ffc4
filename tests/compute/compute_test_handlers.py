"""Handlers for a real child process that does no arithmetic. What a Segment does is named by its `slide_path`."""

from __future__ import annotations

import logging
import os
import sys
import threading
import zlib
from collections.abc import Callable, Generator
from multiprocessing import parent_process

import numpy as np

from bcseg_gui.compute.protocol import Event, Progress, Result, Segment, SegmentResult, TilePredicted, WarmUp
from bcseg_gui.compute.server import Handlers
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region

Cancelled = Callable[[], bool]


def segment(request: Segment, cancelled: Cancelled) -> Generator[Event, None, Result]:
    yield Progress(request.job, 0, 2)
    match str(request.slide_path):
        case "busy":
            while not cancelled():
                zlib.crc32(bytes(100_000))
        case "deaf":
            threading.Event().wait()
        case "die":
            os._exit(9)
        case "user error":
            raise UserError("There is no slide at {path}.", path=request.slide_path)
        case "warn":
            logging.getLogger("card").warning(UserError("The {thing} is slow.", thing="card"))
        case "bug":
            int("patient name")
        case "no memory":
            raise MemoryError
        case "flood":
            for number in range(200):
                yield TilePredicted(request.job, Region(number, 0, 200, 200), np.zeros((200, 200), np.uint8))
        case "other job":
            yield Progress(request.job + 1000, 1, 2)
        case "modules":
            foreign = sorted({name.partition(".")[0] for name in sys.modules} & {"PySide6", "torch", "model"})
            return SegmentResult(0.0, 0.0, ",".join(foreign))
        case "pid":
            return SegmentResult(0.0, 0.0, str(os.getpid()))
    yield TilePredicted(request.job, Region(0, 0, 3, 2), np.arange(6, dtype=np.uint8).reshape(2, 3))
    return SegmentResult(42.0, 0.5, "fake")


def warm_up(request: WarmUp, cancelled: Cancelled) -> Generator[Event, None, Result]:
    yield from ()
    return None


def make_handlers() -> Handlers:
    return {Segment: segment, WarmUp: warm_up}


if parent_process() is None and "PYTEST_CURRENT_TEST" in os.environ:
    raise ImportError("the handlers belong to the child process alone")
