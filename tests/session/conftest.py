"""A session without a compute process: the test says what the process would."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QObject, QPoint, Signal

from bcseg_gui.compute import protocol
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks.storage.tilestore import TileStore
from bcseg_gui.session.document import Document
from bcseg_gui.session.jobs import Jobs
from bcseg_gui.session.session import Session

SIZE = (160, 120)
SQUARE = Region(10, 10, 20, 20)


class FakeClient(QObject):
    """Remembers what it is asked; `answer` is what a compute process would send."""

    received = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.submitted: list[protocol.Request] = []
        self.cancelled: list[int] = []

    def submit(self, work: protocol.Request) -> None:
        self.submitted.append(work)

    def cancel(self, job: int) -> None:
        self.cancelled.append(job)

    def last(self, kind: type) -> protocol.Request:
        return next(work for work in reversed(self.submitted) if isinstance(work, kind))

    def answer(self, event: protocol.Event) -> None:
        self.received.emit(event)

    def tile(self, job: int, region: Region, class_id: int = 1) -> None:
        self.answer(protocol.TilePredicted(job, region, np.full((region.h, region.w), class_id, np.uint8)))

    def finish_segmenting(self, job: int) -> None:
        self.answer(protocol.Finished(job, protocol.SegmentResult(20.0, 1.0, "tiny", "torch")))


def write_model(
    folder: Path, name: str, created: str = "2026-01-01T00:00:00Z", classes: tuple[str, ...] = ("cell",)
) -> Path:
    """A model folder that the registry takes for whole; it holds no weights that anything could compute with."""
    folder.mkdir(parents=True)
    weights = (2).to_bytes(8, "little") + b"{}"
    (folder / "weights.safetensors").write_bytes(weights)
    info = {
        "schema": 1,
        "name": name,
        "architecture": "ternausnet11",
        "classes": classes,
        "cell_diameter": 20.0,
        "source_cell_diameter": 33.0,
        "created": created,
        "weights_sha256": hashlib.sha256(weights).hexdigest(),
    }
    (folder / "model.json").write_text(json.dumps(info))
    return folder


@pytest.fixture
def model_writer() -> Callable[..., Path]:
    return write_model


@pytest.fixture
def client(qapp: QCoreApplication) -> FakeClient:
    return FakeClient()


@pytest.fixture
def jobs(client: FakeClient) -> Jobs:
    return Jobs(client)


@pytest.fixture
def make_session(jobs: Jobs, tmp_path: Path) -> Iterator[Callable[[], Session]]:
    bundled = tmp_path / "weights"
    write_model(bundled / "tiny", "tiny")
    write_model(bundled / "other", "other", created="2025-01-01T00:00:00Z")
    made: list[Session] = []

    def make() -> Session:
        session = Session(jobs, bundled, tmp_path / "library")
        made.append(session)
        return session

    yield make
    for session in made:
        session.close()


@pytest.fixture
def session(make_session: Callable[[], Session]) -> Session:
    return make_session()


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    """Three pictures in a folder of their own."""
    folder = tmp_path / "ward"
    folder.mkdir()
    paths = [folder / f"{name}.png" for name in "abc"]
    for number, path in enumerate(paths):
        cv2.imwrite(str(path), np.full((SIZE[1], SIZE[0], 3), 50 * number + 40, np.uint8))
    return paths


@pytest.fixture
def paint() -> Callable[..., None]:
    """One finished stroke: a square of a class."""

    def stroke(session: Session, region: Region = SQUARE, class_id: int = 1) -> None:
        document = session.document
        assert document is not None
        document.begin_stroke("brush" if class_id else "eraser", class_id)
        document.paint(region, np.ones((region.h, region.w), np.bool_))
        document.end_stroke()

    return stroke


@pytest.fixture
def document(session: Session, pictures: list[Path]) -> Document:
    session.open(pictures)
    assert session.document is not None
    return session.document


@pytest.fixture
def segment(session: Session, document: Document, client: FakeClient) -> Callable[[], int]:
    """Starts to segment the picture in front; returns the job's number."""

    def start() -> int:
        session.segmenting.picture(QPoint(5, 5))
        return client.last(protocol.Segment).job

    return start


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[], AbstractContextManager[None]]:
    """`with full_disk():` nothing can be written."""

    def full(*_args: object) -> None:
        raise UserError("The disk is full.")

    @contextmanager
    def while_full() -> Iterator[None]:
        with monkeypatch.context() as patch:
            patch.setattr(TileStore, "write_edit", full)
            patch.setattr(TileStore, "turn", full)
            yield

    return while_full


@pytest.fixture
def told(document: Document) -> list[str]:
    """What the document failed at."""
    failures: list[str] = []
    document.failed.connect(lambda error: failures.append(str(error)))
    return failures
