"""Overlapping jobs: while the network sees one picture, another is read or written."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

AT_ONCE = 2

Value = TypeVar("Value")


def in_turn(jobs: Iterable[Callable[[], Value]]) -> Generator[Future[Value]]:
    """Yield the results in the order of the jobs, `AT_ONCE` of which run at a time.

    The iterable is consumed in this thread, the jobs run in others; closing waits for those that have begun.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting: deque[Future[Value]] = deque()
        for job in jobs:
            waiting.append(pool.submit(job))
            if len(waiting) == AT_ONCE:
                yield waiting.popleft()
        yield from waiting
