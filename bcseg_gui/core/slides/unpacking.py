"""Overview levels that a file lacks, and pictures too large for memory: made once, when first read.

A short-lived child process does the work, so that it costs the window neither memory nor time.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError
from .damage import explained
from .level_file import LevelFile, halved, sweep
from .pillow_reader import decode_into
from .slide import unreadable
from .tiff_layout import read_layout
from .tiff_plane import TiffPlane

_MISSING = 160
"""The grey of unreadable parts in an overview."""
_WAIT_SECONDS = 0.2
_STARTING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Source:
    """What is unpacked: `level` of a page of a TIFF (None: a plain picture), shrunk by 2 `halvings` times."""

    path: Path
    page: int = 0
    level: int | None = None
    halvings: int = 0
    is_cut: bool = False


class Unpacked:
    """Levels of a source in a temporary file, made when first read and removed by `close()` or with the process."""

    def __init__(self, source: Source, dimensions: tuple[tuple[int, int], ...]) -> None:
        sweep()
        self.dimensions = dimensions
        self._source = source
        self._lock = threading.Lock()
        self._file: LevelFile | None = None
        self._error: UserError | None = None
        self._is_closed = threading.Event()

    @property
    def is_there(self) -> bool:
        """Whether reads return without waiting."""
        return self._file is not None

    def read(self, level: int, x: int, y: int, width: int, height: int) -> NDArray[np.uint8]:
        """RGB (height, width, 3); outside the level is white. Waits until it is unpacked.

        Raises UserError when that fails, ValueError when closed.
        """
        try:
            file = self._levels()
            try:
                return file.read(level, x, y, width, height)
            except FileNotFoundError:  # deleted by a disk cleaner
                return self._levels(instead_of=file).read(level, x, y, width, height)
        except OSError as error:
            if self._is_closed.is_set():
                raise ValueError("closed") from error
            raise unreadable(self._source.path, error.strerror) from error

    def _levels(self, instead_of: LevelFile | None = None) -> LevelFile:
        with self._lock:
            if self._is_closed.is_set():
                raise ValueError("closed")
            file = self._file
            if file is None or file is instead_of:
                self._file = file = self._unpacked()
            if self._is_closed.is_set():  # meanwhile
                file.remove()
                raise ValueError("closed")
            return file

    def close(self) -> None:
        # Without the lock, which is held while the file is unpacked, maybe from a drive that hangs.
        self._is_closed.set()
        file, self._file = self._file, None
        if file is not None:
            file.remove()

    def _unpacked(self) -> LevelFile:
        if not self._source.path.exists():
            raise unreadable(self._source.path, "")
        if self._error is not None:
            raise self._error
        file = LevelFile.make(self.dimensions, self._source.path)
        weakref.finalize(self, file.remove)  # also at exit
        try:
            self._run_child(file)
        except BaseException as error:
            file.remove()
            if isinstance(error, UserError) and self._source.path.exists():
                self._error = error  # the next read would only fail again
            raise
        return file

    def _run_child(self, file: LevelFile) -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_run, args=(theirs, self._source, file), name="bcseg-unpack", daemon=True)
        with _may_start_processes():
            process.start()
        theirs.close()
        try:
            while not wait([ours, process.sentinel], _WAIT_SECONDS):
                if self._is_closed.is_set():
                    raise ValueError("closed")
            error = ours.recv() if ours.poll() else _lost(self._source.path)
        except EOFError:
            error = _lost(self._source.path)
        finally:
            ours.close()
            process.terminate()
            process.join()
            process.close()
        if error is not None:
            raise error


@contextmanager
def _may_start_processes() -> Iterator[None]:
    """Let a daemonic process, such as the compute process, start a child.

    multiprocessing forbids it because the child of a daemon that is terminated would stay; this one ends by itself.
    """
    with _STARTING:
        config = vars(multiprocessing.current_process())["_config"]
        is_daemon, config["daemon"] = config.get("daemon", False), False
        try:
            yield
        finally:
            config["daemon"] = is_daemon


def _end_with_parent(file: LevelFile) -> None:
    """Wait, in a thread of the child, until the requesting process has ended, however it did."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        file.remove()
        os._exit(1)


def _run(connection: Connection, source: Source, file: LevelFile) -> None:
    """The child process: sends None when done, else the UserError."""
    threading.Thread(target=_end_with_parent, args=(file,), name="bcseg-unpack-watch", daemon=True).start()
    error: UserError | None = None
    try:
        unpack(source, file)
    except UserError as failure:
        error = failure
    except MemoryError:
        error = _lost(source.path)
    except Exception as failure:  # noqa: BLE001  told to the person by the other process
        error = unreadable(source.path, failure)
    connection.send(error)


def unpack(source: Source, file: LevelFile) -> None:
    """Fill all levels of `file`. Raises UserError (damage), OSError, MemoryError."""
    if source.level is None:
        with explained(source.path):
            decode_into(source.path, file.level(0))
    else:
        _unpack_tiff(source, source.level, file)
    file.fill_coarser()


def _unpack_tiff(source: Source, level: int, file: LevelFile) -> None:
    """By blocks, in two threads. A block that cannot be read becomes grey."""
    layout = read_layout(source.path, source.page)
    plane = TiffPlane(source.path, layout)
    step = 1 << source.halvings
    target = file.level(0)

    def shrink(block: tuple[int, int, int, int]) -> None:
        x, y, w, h = block
        try:
            pixels = plane.read(level, x, y, w, h)
        except UserError:
            # Of a whole picture nothing half-read is shown; of a slide that is known to be cut, what there is.
            if not source.is_cut and source.halvings == 0:
                raise
            pixels = np.full((h, w, 3), _MISSING, np.uint8)
        for _halving in range(source.halvings):
            pixels = halved(pixels)
        x, y = x // step, y // step
        target[y : y + pixels.shape[0], x : x + pixels.shape[1]] = pixels

    try:
        with ThreadPoolExecutor(2) as pool:
            for _done in pool.map(shrink, plane.blocks(level, step)):
                pass
    finally:
        plane.close()


def _lost(path: Path) -> UserError:
    return UserError(
        "“{path}” is too large to be unpacked with the memory of this computer. Save it as a pyramidal slide, for "
        "instance a tiled TIFF, or cut it.",
        path=path,
    )
