"""The progress bar on a terminal: how much is done, and the time left."""

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

    `columns` stand right of the bar; by default the count and the time left at the pace so far.
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
    """As `progress_bar`, in percent; the time left is the field `left` of a task, in seconds or None."""
    return progress_bar(TaskProgressColumn(), _LeftColumn())


class _LeftColumn(ProgressColumn):
    def render(self, task: Task) -> Text:
        left = task.fields.get("left")
        text = "-:--:--" if left is None else str(timedelta(seconds=ceil(left)))
        return Text(text, style="progress.remaining")


class TimeLeft:
    """For inputs one after another, judged from what was computed now: what an earlier run did took no time."""

    def __init__(self, inputs: int) -> None:
        self._inputs = inputs
        self._seconds: list[float] = []
        self.begin()

    def begin(self) -> None:
        """Start the next input, or the first."""
        self._pace: Pace | None = None
        self._start = 0.0

    def at(self, share: float) -> float | None:
        """Seconds left at this share of the input, None while unknown; the first share was done by an earlier run."""
        if self._pace is None:
            self._pace, self._start = Pace(), share
        left = self._pace.left(share - self._start, 1 - self._start)
        if left is None:
            return None
        usual = (sum(self._seconds) + self._pace.seconds + left) / (len(self._seconds) + 1)
        return left + usual * (self._inputs - len(self._seconds) - 1)

    def end(self) -> None:
        """The input is done or has failed."""
        self._seconds.append(self._pace.seconds if self._pace is not None else 0.0)
        self.begin()
