"""The mask of a large slide while `bcseg segment` works on it: on disk, so that an interrupted run goes on."""

from __future__ import annotations

import glob
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.files import is_leftover, make_folder
from bcseg_gui.core.i18n import _
from bcseg_gui.core.masks import Mask, Run
from bcseg_gui.core.masks.failures import damaged

NAME = "mask.sqlite"


def folder_for(destination: Path) -> Path:
    """Where the work on a mask picture lies until it is written: `NAME.partial`."""
    return destination.with_suffix(".partial")


def remove_unwritten(destination: Path) -> None:
    """Remove what a command that was killed left half-written of this mask picture."""
    # Not `remove_leftovers`: other commands may write their masks to the same folder.
    for leftover in filter(is_leftover, destination.parent.glob(f".{glob.escape(destination.name)}-*")):
        shutil.rmtree(leftover, ignore_errors=True)


@contextmanager
def working_mask(folder: Path, dimensions: tuple[int, int], settings: str) -> Iterator[tuple[Mask, Run | None]]:
    """The mask and, of an earlier run with the same settings, what is finished; what others left is thrown away.

    The folder goes with the end of the block, but stays as long as the run has finished blocks and was not ended; a
    KeyboardInterrupt then says so. Raises UserError when it cannot be written.
    """
    if (folder / NAME).exists() and not _can_go_on(folder / NAME, dimensions, settings):
        shutil.rmtree(folder, ignore_errors=True)
    make_folder(folder)
    keep = True
    try:
        with Mask.open(folder / NAME, dimensions) as mask:
            try:
                yield mask, mask.unfinished_run
            finally:
                keep = mask.unfinished_run is not None
    except KeyboardInterrupt:
        if keep:
            raise KeyboardInterrupt(_("Stopped. The same command goes on with what is not finished.")) from None
        raise
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


def _can_go_on(path: Path, dimensions: tuple[int, int], settings: str) -> bool:
    """Raises UserError for a mask that may be sound: it is in use, or the disk or network fails."""
    try:
        with Mask.open(path, dimensions) as mask:
            run = mask.unfinished_run
    except UserError as error:
        if error.__cause__ is not None and error.template != damaged(path).template:
            raise
        return False  # damaged, or of another slide of the same name
    return run is not None and run.settings == settings
