"""The client against a real child process."""

from __future__ import annotations

import logging
import multiprocessing
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QTimer

from bcseg_gui.compute.client import MOST_AHEAD
from bcseg_gui.compute.protocol import (
    Cancelled,
    Failed,
    Finished,
    Progress,
    SegmentResult,
    Started,
    TilePredicted,
    WarmUp,
    Warned,
)
from tests.waiting import LIMIT


def test_events_come_in_order_and_end_with_the_result(jobs) -> None:
    jobs.client.start()
    jobs.submit(1, "picture")
    assert jobs.end_of(1) == Finished(1, SegmentResult(42.0, 0.5, "fake"))
    assert [type(event) for event in jobs.events] == [Started, Progress, TilePredicted, Finished]
    np.testing.assert_array_equal(jobs.events[2].classes, [[0, 1, 2], [3, 4, 5]])


def test_a_warning_written_for_a_person_reaches_the_window_and_its_log(jobs, caplog: pytest.LogCaptureFixture) -> None:
    jobs.submit(1, "warn")
    assert jobs.end_of(1).result.model == "fake"
    assert Warned(1, "The {thing} is slow.", {"thing": "card"}) in jobs.events
    assert ("card", logging.WARNING, "The card is slow.") in caplog.record_tuples


def test_jobs_are_worked_off_one_after_another(jobs) -> None:
    jobs.submit(1, "picture")
    jobs.client.submit(WarmUp(2, Path("model")))
    jobs.submit(3, "picture")
    jobs.end_of(3)
    assert [event.job for event in jobs.events] == [1, 1, 1, 1, 2, 2, 3, 3, 3, 3]
    assert jobs.of(2) == [Started(2), Finished(2, None)]


def test_the_child_knows_no_qt_and_the_window_no_handlers(jobs) -> None:
    jobs.submit(1, "modules")
    assert jobs.end_of(1).result.model == ""
    assert "compute_test_handlers" not in sys.modules


def test_a_slow_window_is_not_flooded_and_its_event_loop_runs_between_messages(jobs) -> None:
    ahead: list[int] = []
    turns: list[str] = []
    jobs.client.received.connect(lambda event: (ahead.append(jobs.client.backlog), turns.append("message")))
    jobs.submit(1, "flood")
    while jobs.client.backlog < MOST_AHEAD:
        pass  # the window is busy with something else
    timer = QTimer(interval=0)
    timer.timeout.connect(lambda: turns.append("turn"))
    timer.start()
    jobs.end_of(1)
    assert max(ahead) <= MOST_AHEAD
    tiles = [event.region.x for event in jobs.of(1) if isinstance(event, TilePredicted)]
    assert tiles[:200] == list(range(200))
    assert "message message message" not in " ".join(turns)


def test_cancel_is_answered_while_the_child_waits_for_the_window(jobs) -> None:
    jobs.submit(1, "flood")
    while jobs.client.backlog < MOST_AHEAD:
        pass
    jobs.client.cancel(1)
    assert jobs.end_of(1) == Cancelled(1)
    assert len(jobs.of(1)) < 200


def test_cancel_stops_the_running_job_and_the_next_goes_on(jobs) -> None:
    jobs.submit(1, "busy")
    jobs.wait_for(Progress, 1)
    jobs.client.cancel(1)
    assert jobs.end_of(1) == Cancelled(1)
    jobs.submit(2, "picture")
    assert isinstance(jobs.end_of(2), Finished)


def test_cancel_of_a_waiting_job_is_answered_at_once(jobs) -> None:
    jobs.submit(1, "busy")
    jobs.submit(2, "picture")
    jobs.client.cancel(2)
    assert jobs.of(2) == [Cancelled(2)]
    jobs.client.cancel(1)
    assert jobs.end_of(1) == Cancelled(1)


def test_cancel_of_a_job_that_is_done_or_unknown_does_nothing(jobs) -> None:
    jobs.submit(1, "picture")
    jobs.end_of(1)
    jobs.client.cancel(1)
    jobs.client.cancel(77)
    jobs.submit(2, "picture")
    assert isinstance(jobs.end_of(2), Finished)
    assert len(jobs.of(1)) == 4
    assert not jobs.of(77)


def test_unanswered_cancel_ends_the_child_and_the_next_job_gets_a_new_one(make_jobs: Callable) -> None:
    jobs = make_jobs(cancel_grace=0.01)
    jobs.submit(1, "deaf")
    jobs.submit(2, "picture")
    jobs.wait_for(Progress, 1)
    jobs.client.cancel(1)
    assert jobs.end_of(1) == Cancelled(1)
    assert isinstance(jobs.end_of(2), Finished)


def test_death_fails_every_job_and_the_next_submit_restarts(jobs) -> None:
    jobs.submit(1, "die")
    jobs.submit(2, "picture")
    for job in (1, 2):
        failed = jobs.end_of(job)
        assert isinstance(failed, Failed)
        assert "stopped unexpectedly" in failed.template
    jobs.submit(3, "picture")
    assert isinstance(jobs.end_of(3), Finished)


def test_a_child_killed_while_idle_is_replaced(jobs, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    jobs.submit(1, "pid")
    pid = int(jobs.end_of(1).result.model)
    os.kill(pid, 9)
    jobs.qtbot.waitUntil(lambda: not multiprocessing.active_children())
    jobs.qtbot.waitUntil(lambda: "The compute process ended" in caplog.text)
    jobs.submit(2, "pid")
    assert int(jobs.end_of(2).result.model) != pid


def test_a_cancelled_job_whose_child_dies_is_cancelled(jobs) -> None:
    jobs.submit(1, "pid")
    pid = int(jobs.end_of(1).result.model)
    jobs.submit(2, "deaf")
    jobs.wait_for(Progress, 2)
    jobs.client.cancel(2)
    os.kill(pid, 9)
    assert jobs.end_of(2) == Cancelled(2)


def test_events_of_another_job_are_ignored(jobs) -> None:
    jobs.submit(1, "other job")
    jobs.end_of(1)
    assert {event.job for event in jobs.events} == {1}


def test_user_error_arrives_as_its_sentence(jobs) -> None:
    jobs.submit(1, "user error")
    assert jobs.end_of(1) == Failed(1, "There is no slide at {path}.", {"path": "user error"})


def test_any_other_error_is_said_plainly_and_logged_with_its_traceback(jobs, caplog: pytest.LogCaptureFixture) -> None:
    jobs.submit(1, "bug")
    failed = jobs.end_of(1)
    assert "Your mask is safe" in failed.template
    assert "invalid literal" in failed.fields["error"]
    assert "ValueError" in caplog.text
    assert "compute_test_handlers.py" in caplog.text
    assert "invalid literal" not in caplog.text  # a message may hold the name of a file, and so of a patient
    jobs.submit(2, "no memory")
    assert "not enough memory" in jobs.end_of(2).template


def test_handlers_that_cannot_be_imported_fail_the_job(make_jobs: Callable) -> None:
    jobs = make_jobs(handlers="there_is_no_such_module:make_handlers")
    jobs.submit(1, "picture")
    assert "there_is_no_such_module" in jobs.end_of(1).fields["error"]


@pytest.mark.parametrize("what", ["busy", "deaf", "flood"])
def test_shutdown_leaves_no_process_and_no_thread(jobs, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bcseg_gui.compute.client.SHUTDOWN_GRACE", 0.1 if what == "deaf" else 60)
    threads = set(threading.enumerate())
    jobs.submit(1, what)
    jobs.wait_for(Progress, 1)
    jobs.client.shutdown()
    assert not multiprocessing.active_children()
    assert set(threading.enumerate()) <= threads
    assert isinstance(jobs.of(1)[-1], Progress | TilePredicted)


def test_shutdown_without_a_child_and_twice_is_quiet(jobs, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    jobs.client.shutdown()
    jobs.client.start()
    jobs.client.shutdown()
    jobs.client.shutdown()
    assert not caplog.records


PARENT = """
import os, sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from bcseg_gui.compute.client import ComputeClient
from bcseg_gui.compute.protocol import Progress, Segment

def main():
    app = QCoreApplication([])
    client = ComputeClient(handlers="compute_test_handlers:make_handlers")
    client.received.connect(lambda event: isinstance(event, Progress) and os._exit(0))
    client.submit(Segment(1, Path("busy"), Path("model")))
    app.exec()

if __name__ == "__main__":
    main()
"""


def test_the_child_ends_when_the_window_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    here = Path(__file__).parent
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(here), str(here.parents[1])])}
    environment.pop("PYTEST_CURRENT_TEST", None)
    # The child inherits the pipe, so the end of the output is the end of both.
    done = subprocess.run([sys.executable, script], env=environment, stdout=subprocess.PIPE, timeout=LIMIT, check=True)
    assert done.stdout == b""
