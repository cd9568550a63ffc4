from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.project import lock
from bcseg_gui.core.project.lock import ProjectLock

ROOT = Path(__file__).resolve().parents[3]

HOLD = """
import sys
from pathlib import Path
from bcseg_gui.core.project.lock import ProjectLock
lock = ProjectLock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "project.lock"


def test_second_program_is_told_where_the_project_is_open(tmp_path: Path) -> None:
    path = tmp_path / "Ward7.bcseg" / "project.lock"
    path.parent.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(UserError) as caught:
            ProjectLock(path)
        assert str(caught.value).startswith(f"“Ward7” is already open on {socket.gethostname()} (user ")
        assert f"process {other.pid}); close it there first." in str(caught.value)
        # A program that is killed cannot release; the system does.
        other.kill()
        other.wait()
    ProjectLock(path).release()


def test_second_holder_in_the_same_program_is_refused_until_release(path: Path) -> None:
    first = ProjectLock(path)
    with pytest.raises(UserError, match="already open"):
        ProjectLock(path)
    first.release()
    first.release()
    ProjectLock(path).release()


def test_holder_that_wrote_nothing_readable_is_still_a_holder(path: Path) -> None:
    held = ProjectLock(path)
    path.write_bytes(b"\xff")
    with pytest.raises(UserError, match="already open in another window"):
        ProjectLock(path)
    held.release()


def test_drive_that_cannot_lock_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(lock, "_lock", refuse)
    with pytest.raises(UserError, match="cannot lock files"):
        ProjectLock(path)


def test_folder_that_cannot_be_written_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(UserError, match="may not write"):
        ProjectLock(path)
