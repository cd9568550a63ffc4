from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from bcseg_gui.compute.client import CANCEL_GRACE, ComputeClient
from bcseg_gui.compute.protocol import Cancelled, Event, Failed, Finished, Segment


class Jobs:
    """A client, what it said, and a way to wait for it."""

    def __init__(self, qtbot: QtBot, client: ComputeClient) -> None:
        self.qtbot = qtbot
        self.client = client
        self.events: list[Event] = []
        client.received.connect(self.events.append)

    def of(self, job: int) -> list[Event]:
        return [event for event in self.events if event.job == job]

    def all_ended(self) -> bool:
        ended = {event.job for event in self.events if isinstance(event, Finished | Cancelled | Failed)}
        return {event.job for event in self.events} == ended

    def wait_for(self, kind: type, job: int) -> Event:
        self.qtbot.waitUntil(lambda: any(isinstance(event, kind) for event in self.of(job)))
        return next(event for event in self.of(job) if isinstance(event, kind))

    def end_of(self, job: int) -> Event:
        self.qtbot.waitUntil(lambda: any(isinstance(event, Finished | Cancelled | Failed) for event in self.of(job)))
        return self.of(job)[-1]

    def submit(self, job: int, what: str) -> None:
        self.client.submit(Segment(job, Path(what), Path("model")))


@pytest.fixture
def make_jobs(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Jobs]]:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))  # the child gets our sys.path
    clients: list[ComputeClient] = []

    def make(handlers: str = "compute_test_handlers:make_handlers", cancel_grace: float = CANCEL_GRACE) -> Jobs:
        client = ComputeClient(handlers=handlers, cancel_grace=cancel_grace)
        clients.append(client)
        return Jobs(qtbot, client)

    yield make
    for client in clients:
        client.shutdown()


@pytest.fixture
def jobs(make_jobs: Callable[..., Jobs]) -> Jobs:
    return make_jobs()


@pytest.fixture
def recorder() -> type[Jobs]:
    """`Jobs`, for tests that bring their own client."""
    return Jobs
