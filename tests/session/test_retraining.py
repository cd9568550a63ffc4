from __future__ import annotations

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from bcseg_gui.compute.protocol import (
    Cancelled,
    EpochDone,
    Estimate,
    EstimateResult,
    Failed,
    Finished,
    Metrics,
    ParentMeasured,
    Progress,
    Train,
    TrainResult,
)
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks.storage.tilestore import TileStore
from bcseg_gui.core.retraining.gate import (
    ClassFigures,
    Decision,
    Difference,
    Outcome,
    PictureFigures,
    judge_target,
)
from bcseg_gui.core.retraining.record import Record
from bcseg_gui.core.retraining.report import write_report
from bcseg_gui.session.retraining import Retraining, is_interrupted
from bcseg_gui.session.retraining_plan import Plan
from bcseg_gui.session.session import Session


@pytest.fixture
def reviewed(session, pictures, paint):
    session.open(pictures)
    for _ in pictures:
        paint(session)
        session.reviewing.mark()
    return session


def retrain(session: Session) -> Retraining:
    return Retraining(session.project, session.models, session.jobs, session.save)


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


def epoch_done(job: int, epoch: int, epochs: int) -> EpochDone:
    return EpochDone(job, epoch, epochs, 0.9, 0.3, 0.9, 0.3, 0.9, 0.8, 0.85, 10.0)


def a_record(decision: Decision) -> Record:
    figures = (PictureFigures("a", 0.9, 0.8, 0.9, 0.1, 0.9, 10, 10, ((80, 90, 90, 10, 10),)),)
    return Record("new", "", "tiny", "", "ana", "", "data", {"seed": 0}, (), (), figures, figures, (), (), decision)


def train_request(qtbot: QtBot, client, number: int = 1) -> Train:
    """The `number`th that is asked for."""

    def found() -> list[Train]:
        return [work for work in client.submitted if isinstance(work, Train)]

    qtbot.waitUntil(lambda: len(found()) >= number)
    return found()[-1]


def finish(client, request: Train, model_writer, outcome: Outcome = "better") -> None:
    """As the compute process does."""
    model_writer(request.output_folder, request.output_folder.name)
    decision = Decision(
        outcome, Difference(0.8, 0.9, 0.05, 0.15), Difference(0.1, 0.1, 0, 0), Difference(0.95, 0.9, 0, 0), True
    )
    write_report(request.output_folder, a_record(decision), [])
    result = TrainResult(request.output_folder, metrics(0.8), metrics(0.9), decision, 3, 60.0)
    client.answer(Finished(request.job, result))


def test_it_needs_something_to_learn_from(session, pictures) -> None:
    session.open(pictures)
    with pytest.raises(UserError, match="Review at least two"):
        retrain(session)


def test_one_click_from_reviewed_pictures_to_a_better_model_in_use(reviewed, client, qtbot, model_writer) -> None:
    run = retrain(reviewed)
    assert run.plan.reviewed == 3
    assert run.plan.test >= 1
    run.start()
    request = train_request(qtbot, client)
    assert (request.dataset_folder / "manifest.json").is_file()
    assert request.parent_folder.name == "tiny"
    client.answer(ParentMeasured(request.job, metrics(0.8)))
    assert run.parent_metrics == metrics(0.8)
    client.answer(Progress(request.job, 1, 4, 3.0, loss=0.7))
    assert run.losses == [(0.25 * request.epochs, 0.7)]
    finish(client, request, model_writer)
    assert run.stage == "result"
    assert reviewed.models.active == run.version
    assert run.version.name == "ward-retrained"
    assert {"tiny", "other", run.version.name} == {each.name for each in reviewed.models.versions}
    assert not (reviewed.project.folder / "retraining").exists()
    assert retrain(reviewed).gains == pytest.approx([0.1])
    assert run.roll_back().name == reviewed.models.active.name == "tiny"


def test_a_refused_one_is_kept_and_may_be_used_all_the_same(reviewed, client, qtbot, model_writer) -> None:
    run = retrain(reviewed)
    run.start()
    finish(client, train_request(qtbot, client), model_writer, "forgets")
    assert run.stage == "result"
    assert reviewed.models.active.name == "tiny"
    assert "ward-retrained" in {each.name for each in reviewed.models.versions}
    run.promote()
    assert reviewed.models.active.name == "ward-retrained"
    promotion = reviewed.project.read_promotions().history[-1]
    assert (promotion.model, promotion.overruled) == ("ward-retrained", True)
    assert reviewed.models.overruled_by("ward-retrained") == promotion.by
    assert reviewed.models.overruled_by("tiny") is None


def test_cancelling_leaves_the_model(reviewed, client, qtbot) -> None:
    run = retrain(reviewed)
    run.start()
    request = train_request(qtbot, client)
    request.output_folder.mkdir()
    run.cancel()
    assert client.cancelled == [request.job]
    client.answer(Cancelled(request.job))
    assert run.stage == "stopped"
    assert reviewed.models.active.name == "tiny"
    assert not request.output_folder.exists(), "half a model is of no use to anybody"
    assert retrain(reviewed).stage == "ready"


def test_paused_it_goes_on_where_it_was_also_in_another_session(
    reviewed, client, qtbot, make_session, pictures, model_writer
) -> None:
    run = retrain(reviewed)
    run.start()
    request = train_request(qtbot, client)
    client.answer(epoch_done(request.job, 2, request.epochs))
    run.pause()
    client.answer(Cancelled(request.job))
    assert run.stage == "paused"
    reviewed.close()

    again = make_session()
    assert not is_interrupted(again.project)
    again.open(pictures)
    assert is_interrupted(again.project)
    run = retrain(again)
    assert (run.stage, run.rounds_done, run.rounds) == ("paused", 2, request.epochs)
    run.start()
    resumed = train_request(qtbot, client, 2)
    assert resumed.job != request.job
    for name in ("dataset_folder", "parent_folder", "output_folder", "epochs", "seed"):
        assert getattr(resumed, name) == getattr(request, name)
    finish(client, resumed, model_writer)
    assert again.models.active.name == "ward-retrained"


def test_after_a_crash_it_can_be_gone_on_with_or_begun_anew(reviewed, client, qtbot) -> None:
    run = retrain(reviewed)
    run.start()
    request = train_request(qtbot, client)
    client.answer(epoch_done(request.job, 1, request.epochs))
    client.answer(Failed(request.job, "The computing part stopped unexpectedly."))
    assert run.stage == "failed"
    again = retrain(reviewed)
    assert (again.stage, again.rounds_done) == ("paused", 1)
    again.cancel()
    assert again.stage == "stopped"
    assert retrain(reviewed).stage == "ready"


def test_closing_the_window_pauses(reviewed, client, qtbot) -> None:
    run = retrain(reviewed)
    run.start()
    request = train_request(qtbot, client)
    run.stop()
    assert client.cancelled == [request.job]
    assert retrain(reviewed).stage == "paused"


def test_how_long_it_takes_is_said_before_it_starts(reviewed, client) -> None:
    run = retrain(reviewed)
    run.estimate()
    request = client.last(Estimate)
    assert request.model_folder == run.parent_model.folder
    assert run.seconds is None
    client.answer(Finished(request.job, EstimateResult(2.0, 1.0, 4 * 256**2)))
    assert run.seconds == run.plan.seconds(EstimateResult(2.0, 1.0, 4 * 256**2)) > 0


def test_more_pictures_and_a_slower_machine_take_longer() -> None:
    speed, slow = EstimateResult(2.0, 1.0, 4 * 256**2), EstimateResult(4.0, 2.0, 4 * 256**2)
    field = 1600 * 1200 * (42 / 106) ** 2
    few, many = Plan(8, 2, 8 * field, 2 * field), Plan(80, 20, 80 * field, 20 * field)
    assert few.seconds(speed) < many.seconds(speed)
    assert few.seconds(slow) == pytest.approx(2 * few.seconds(speed))


def test_a_stroke_that_cannot_be_written_stops_it_before_the_work(
    reviewed, paint, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object) -> None:
        raise UserError("The disk is full.")

    monkeypatch.setattr(TileStore, "write_edit", full)
    paint(reviewed, Region(60, 60, 5, 5))
    run = retrain(reviewed)
    told: list[str] = []
    run.failed.connect(lambda error: told.append(str(error)))
    run.start()
    assert run.stage == "failed"
    assert told == ["The disk is full."]


def test_a_picture_that_is_gone_stops_it_before_the_work(reviewed, pictures, qtbot) -> None:
    run = retrain(reviewed)
    told: list[BaseException] = []
    run.failed.connect(told.append)
    pictures[1].unlink()
    run.start()
    qtbot.waitUntil(lambda: run.stage == "failed")
    assert "is gone" in str(told[0])


def test_few_pictures_are_gone_through_more_often() -> None:
    rounds = [Plan(learn, 1, learn * 300_000.0).epochs for learn in (1, 4, 10, 100)]
    assert rounds == sorted(rounds, reverse=True)
    assert rounds[0] > rounds[-1] >= 4


@pytest.fixture
def with_white_cells(session, pictures, paint):
    """All pictures hold cells and, as far as they are learnt from, white cells; a third class is in none."""
    session.open(pictures)
    session.classes.add("white cell")
    session.classes.add("platelet")
    for _ in pictures:
        paint(session)
        session.reviewing.mark()
    for index, path in enumerate(pictures):
        if session.project.find(path).split == "train":
            session.select(index)
            paint(session, Region(60, 60, 9, 9), 2)
            session.reviewing.mark()
    return session


def test_what_was_drawn_and_the_model_does_not_know_is_learnt(with_white_cells, client, qtbot) -> None:
    run = retrain(with_white_cells)
    assert (run.plan.new, run.plan.untested) == (["white cell"], ["white cell"])
    run.start()
    request = train_request(qtbot, client)
    assert (request.classes, request.new_target) == ({"cell": 1, "white cell": 2}, False)
    run.pause()
    client.answer(Cancelled(request.job))
    again = retrain(with_white_cells)
    again.start()
    assert train_request(qtbot, client, 2).classes == request.classes, "also when it goes on"


def test_the_classes_of_one_model_are_all_cells_alike(reviewed, client, qtbot) -> None:
    run = retrain(reviewed)
    assert (run.plan.new, run.plan.untested) == ([], [])
    run.start()
    assert train_request(qtbot, client).classes == {}


def test_of_what_is_drawn_a_new_target_may_be_a_part(with_white_cells, client, qtbot) -> None:
    run = retrain(with_white_cells)
    run.aim(True)
    run.include("cell", False)
    assert run.plan.targets == {"white cell": 2}
    run.include("white cell", False)
    assert run.plan.targets == {"white cell": 2}, "one is left"
    run.plan_anew()
    run.start()
    request = train_request(qtbot, client)
    assert (request.classes, request.new_target) == ({"white cell": 2}, True)
    assert request.output_folder.name == "ward-white-cell"


def test_where_what_is_drawn_has_changed_a_person_looks_again(with_white_cells, client, paint) -> None:
    session = with_white_cells
    run = retrain(session)
    told: list[BaseException] = []
    run.failed.connect(told.append)
    run.aim(True)
    run.include("cell", False)
    for index, item in enumerate(session.worklist):
        session.select(index)
        paint(session, Region(60, 60, 9, 9), 0) if session.opened.entry(item.path).split == "train" else None
        session.reviewing.mark()
    run.start()
    assert (run.stage, run.plan.targets) == ("ready", {"cell": 1})
    assert "has changed" in str(told[0])
    assert not [work for work in client.submitted if isinstance(work, Train)]


def test_what_was_left_out_can_be_taken_again_and_counts_for_a_new_target_alone(with_white_cells) -> None:
    run = retrain(with_white_cells)
    run.aim(True)
    run.include("cell", False)
    run.aim(False)
    assert run.plan.classes == {"cell": 1, "white cell": 2}
    run.aim(True)
    run.include("cell", True)
    assert run.plan.classes == {"cell": 1, "white cell": 2}


def test_a_new_target_is_kept_and_waits_for_a_person(with_white_cells, client, qtbot, model_writer) -> None:
    run = retrain(with_white_cells)
    run.aim(True)
    run.start()
    request = train_request(qtbot, client)
    assert request.new_target
    assert request.classes == {"cell": 1, "white cell": 2}
    model_writer(request.output_folder, request.output_folder.name)
    decision = judge_target([ClassFigures("white cell", True, 1, 9, 0.9, 0.8, 0.95, 0.1)], slides=1)
    record = replace(a_record(decision), old=())
    write_report(request.output_folder, record, [])
    client.answer(Finished(request.job, TrainResult(request.output_folder, None, metrics(0.9), decision, 3, 60.0)))
    assert run.stage == "result"
    assert run.version.name == "ward-cell-white-cell"
    assert with_white_cells.models.active.name == "tiny"
    run.promote()
    assert with_white_cells.models.active.name == run.version.name
    assert not with_white_cells.project.read_promotions().history[-1].overruled
    assert retrain(with_white_cells).gains == []
