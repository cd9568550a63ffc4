"""Jobs that overlap: while the network looks at one picture, another one is read or written."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

AT_ONCE = 2

Value = TypeVar("Value")


def in_turn(jobs: Iterable[Callable[[], Value]]) -> Generator[Future[Value]]:
    """The results in the order of the jobs, of which so many are under way.

    The iterable is gone through in this thread, the jobs run in others; closing waits for those that have begun.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting: deque[Future[Value]] = deque()
        for job in jobs:
            waiting.append(pool.submit(job))
            if len(waiting) == AT_ONCE:
                yield waiting.popleft()
        yield from waiting
