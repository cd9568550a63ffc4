from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from bcseg_gui.compute.protocol import Cancelled, Finished, Metrics, Progress, Train, TrainResult
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks.tilestore import TileStore
from bcseg_gui.session.retraining import Plan, Retraining


@pytest.fixture
def reviewed(session, pictures, paint):
    session.open(pictures)
    for _ in pictures:
        paint(session)
        session.reviewing.mark()
    return session


def metrics(dice: float) -> Metrics:
    return Metrics(
        pictures=1,
        dice=dice,
        jaccard=dice,
        pixel_accuracy=dice,
        loss=1 - dice,
        object_f1=dice,
        count_error=1 - dice,
        worst_dice=dice,
    )


def train_request(qtbot: QtBot, client) -> Train:
    qtbot.waitUntil(lambda: any(isinstance(work, Train) for work in client.submitted))
    return client.last(Train)


def test_it_needs_something_to_learn_from_and_to_test_on(session, pictures) -> None:
    session.open(pictures)
    with pytest.raises(UserError, match="at least two"):
        Retraining(session)


def test_from_reviewed_pictures_to_a_promoted_model(reviewed, client, qtbot, model_writer) -> None:
    run = Retraining(reviewed)
    assert run.plan.reviewed == 3
    assert run.plan.test >= 1
    run.start()
    request = train_request(qtbot, client)
    assert (request.dataset_folder / "manifest.json").is_file()
    assert request.parent_folder.name == "tiny"
    client.answer(Progress(request.job, 1, 4, 3.0, loss=0.7))
    assert run.losses == [(0.25 * request.epochs, 0.7)]
    request.output_folder.rmdir()
    model_writer(request.output_folder, request.output_folder.name)
    client.answer(Finished(request.job, TrainResult(request.output_folder, metrics(0.8), metrics(0.9), 3, 60.0)))
    assert run.stage == "result"
    version = run.promote()
    assert reviewed.models.active == version
    assert version.name == "ward-retrained"
    assert {"tiny", "other", version.name} == {each.name for each in reviewed.models.versions}


def test_cancelling_leaves_the_model(reviewed, client, qtbot) -> None:
    run = Retraining(reviewed)
    run.start()
    request = train_request(qtbot, client)
    run.cancel()
    assert client.cancelled == [request.job]
    client.answer(Cancelled(request.job))
    assert run.stage == "stopped"
    assert reviewed.models.active.name == "tiny"
    run.stop()
    assert not request.output_folder.exists(), "half a model is of no use to anybody"


def test_a_stroke_that_cannot_be_written_stops_it_before_the_work(
    reviewed, paint, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object) -> None:
        raise UserError("The disk is full.")

    monkeypatch.setattr(TileStore, "write_edit", full)
    paint(reviewed, Region(60, 60, 5, 5))
    run = Retraining(reviewed)
    told: list[str] = []
    run.failed.connect(lambda error: told.append(str(error)))
    run.start()
    assert run.stage == "failed"
    assert told == ["The disk is full."]


def test_a_picture_that_is_gone_stops_it_before_the_work(reviewed, pictures, qtbot) -> None:
    run = Retraining(reviewed)
    told: list[BaseException] = []
    run.failed.connect(told.append)
    pictures[1].unlink()
    run.start()
    qtbot.waitUntil(lambda: run.stage == "failed")
    assert "is gone" in str(told[0])


def test_few_pictures_are_gone_through_more_often() -> None:
    rounds = [Plan(learn, 1).epochs for learn in (1, 4, 10, 100)]
    assert rounds == sorted(rounds, reverse=True)
    assert rounds[0] > rounds[-1] >= 4
