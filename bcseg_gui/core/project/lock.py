"""One program at a time on a project: a lock that the system releases when its holder dies."""

from __future__ import annotations

import errno
import getpass
import os
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ..errors import UserError
from ..files import write_error

# Windows forbids reading locked bytes, so the byte that is locked lies far behind the text.
_LOCKED_BYTE = 1 << 30
_CANNOT_LOCK = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock; written into the lock file for whoever finds it locked."""

    host: str
    user: str
    pid: int


class ProjectLock:
    """Held from construction to `release`. The file stays: else two programs could lock different files."""

    def __init__(self, path: Path) -> None:
        """Raises UserError when another program holds the lock, or the drive cannot be locked or written to."""
        try:
            self._descriptor: int | None = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise write_error(error, path) from error
        try:
            _lock(self._descriptor)
        except OSError as error:
            holder = _read_holder(path)
            os.close(self._descriptor)
            raise _refusal(error, path, holder) from error
        with suppress(OSError):  # a full disk costs us the holder's name, not the lock
            os.ftruncate(self._descriptor, 0)
            os.write(self._descriptor, msgspec.json.encode(_this_process()))

    def release(self) -> None:
        if self._descriptor is not None:
            with suppress(OSError):
                os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None


def _refusal(error: OSError, path: Path, holder: Holder | None) -> UserError:
    if error.errno in _CANNOT_LOCK:
        return UserError(
            "“{folder}” is on a drive that cannot lock files, so two programs could overwrite each other there. "
            "Copy the project to another drive.",
            folder=path.parent,
        )
    name = path.parent.stem
    if holder is None:
        return UserError("“{project}” is already open in another window; close it there first.", project=name)
    return UserError(
        "“{project}” is already open on {host} (user {user}, process {pid}); close it there first.",
        project=name,
        host=holder.host,
        user=holder.user,
        pid=holder.pid,
    )


def _read_holder(path: Path) -> Holder | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Holder)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _this_process() -> Holder:
    try:
        user = getpass.getuser()
    except (OSError, KeyError):
        user = "?"
    return Holder(host=socket.gethostname(), user=user, pid=os.getpid())


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
