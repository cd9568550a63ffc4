from __future__ import annotations

import numpy as np

from bcseg_gui.compute.protocol import Cancelled, Failed, Finished, Progress, Segment, TilePredicted, Trying, Warned
from bcseg_gui.core.geometry import Region
from bcseg_gui.session.jobs import Job, Jobs


def start(jobs: Jobs, tmp_path) -> Job:
    return jobs.start(lambda number: Segment(number, tmp_path, tmp_path), "Segmenting")


def tile(job: int) -> TilePredicted:
    return TilePredicted(job, Region(0, 0, 2, 2), np.zeros((2, 2), np.uint8))


def test_each_event_reaches_its_own_job(jobs, client, tmp_path) -> None:
    first, second = start(jobs, tmp_path), start(jobs, tmp_path)
    heard: list[tuple[str, object]] = []
    first.tile.connect(lambda event: heard.append(("first", event.job)))
    second.finished.connect(lambda result: heard.append(("second", result)))
    client.answer(tile(first.number))
    client.answer(Finished(second.number, None))
    assert heard == [("first", first.number), ("second", None)]
    assert jobs.running == [first]


def test_events_of_a_job_that_ended_are_dropped(jobs, client, tmp_path) -> None:
    job = start(jobs, tmp_path)
    client.answer(Cancelled(job.number))
    client.answer(Progress(job.number, 1, 2))
    client.answer(tile(99))
    assert jobs.running == []


def test_tiles_after_cancel_still_come_for_the_job_may_have_ended(jobs, client, tmp_path) -> None:
    job = start(jobs, tmp_path)
    tiles: list[object] = []
    job.tile.connect(tiles.append)
    job.cancel()
    job.cancel()
    client.answer(tile(job.number))
    assert len(tiles) == 1
    assert client.cancelled == [job.number]


def test_a_failure_is_a_sentence(jobs, client, tmp_path) -> None:
    job = start(jobs, tmp_path)
    errors: list[BaseException] = []
    job.failed.connect(errors.append)
    client.answer(Failed(job.number, "“{path}” is damaged.", {"path": "a.png"}))
    assert str(errors[0]) == "“a.png” is damaged."


def test_a_warning_is_a_sentence_whoever_asked_for_the_work(jobs, client, tmp_path) -> None:
    warnings: list[BaseException] = []
    jobs.warned.connect(warnings.append)
    silent = jobs.start(lambda number: Segment(number, tmp_path, tmp_path), "")
    client.answer(Warned(silent.number, "“{model}” is slow.", {"model": "tiny"}))
    assert str(warnings[0]) == "“tiny” is slow."


def test_work_waits_while_engines_are_tried_for_whomever(jobs, client, tmp_path) -> None:
    silent = jobs.start(lambda number: Segment(number, tmp_path, tmp_path), "")
    client.answer(Trying(silent.number))
    waiting = start(jobs, tmp_path)
    assert jobs.is_trying
    client.answer(Cancelled(waiting.number))
    assert jobs.is_trying
    client.answer(Progress(silent.number, 0, 1))
    assert not jobs.is_trying


def test_silent_work_is_not_shown(jobs, tmp_path) -> None:
    jobs.start(lambda number: Segment(number, tmp_path, tmp_path), "")
    assert jobs.running == []
