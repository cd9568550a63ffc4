"""The progress bar of a terminal: what is done, and the time left."""

from __future__ import annotations

from datetime import timedelta
from math import ceil

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from bcseg_gui.compute.pace import Pace


def progress_bar(*columns: ProgressColumn) -> Progress:
    """On standard error, so that results on standard output stay clean; silent where that is no terminal.

    `columns`: what stands right of the bar, else how many of how many and the time left at the pace so far.
    """
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        *(columns or (MofNCompleteColumn(), TimeRemainingColumn())),
        console=console,
        disable=not console.is_terminal,
    )


def progress_bar_of_inputs() -> Progress:
    """As `progress_bar`, in per cent; the time left is the field `left` of a task, in seconds or None."""
    return progress_bar(TaskProgressColumn(), _LeftColumn())


class _LeftColumn(ProgressColumn):
    def render(self, task: Task) -> Text:
        left = task.fields.get("left")
        text = "-:--:--" if left is None else str(timedelta(seconds=ceil(left)))
        return Text(text, style="progress.remaining")


class TimeLeft:
    """For a number of inputs one after another, from what was computed alone: what an earlier run did took no time."""

    def __init__(self, inputs: int) -> None:
        self._inputs = inputs
        self._seconds: list[float] = []
        self.begin()

    def begin(self) -> None:
        """The next input, or the first."""
        self._pace: Pace | None = None
        self._start = 0.0

    def at(self, share: float) -> float | None:
        """Seconds left when so much of the input is done; the first share is what was done before. None: no idea."""
        if self._pace is None:
            self._pace, self._start = Pace(), share
        left = self._pace.left(share - self._start, 1 - self._start)
        if left is None:
            return None
        usual = (sum(self._seconds) + self._pace.seconds + left) / (len(self._seconds) + 1)
        return left + usual * (self._inputs - len(self._seconds) - 1)

    def end(self) -> None:
        """The input is done, or failed."""
        self._seconds.append(self._pace.seconds if self._pace is not None else 0.0)
        self.begin()
