"""The mask of a large slide while it is segmented: on disk, so that an interrupted run can go on."""

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

from .spec import Segmentation

NAME = "mask.sqlite"


def folder_for(destination: Path) -> Path:
    """The folder of the work on a mask picture until that is written: `NAME.partial`."""
    return destination.with_suffix(".partial")


def remove_unwritten(destination: Path) -> None:
    """Remove half-written copies of this mask picture, left by a command that was killed."""
    # Not `remove_leftovers`: other commands may write their masks to the same folder.
    for leftover in filter(is_leftover, destination.parent.glob(f".{glob.escape(destination.name)}-*")):
        shutil.rmtree(leftover, ignore_errors=True)


@contextmanager
def working_mask(folder: Path, segmentation: Segmentation) -> Iterator[tuple[Mask, Run | None]]:
    """The mask and the unfinished run of the same segmentation, if there is one; any other work is thrown away.

    The folder is removed at the end of the block, unless the run has finished blocks and was not ended; then a
    KeyboardInterrupt says that one can go on. Raises UserError when the folder cannot be written.
    """
    if (folder / NAME).exists() and not _can_go_on(folder / NAME, segmentation):
        shutil.rmtree(folder, ignore_errors=True)
    make_folder(folder)
    keep = True
    try:
        with Mask.open(folder / NAME, segmentation.dimensions) as mask:
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


def _can_go_on(path: Path, segmentation: Segmentation) -> bool:
    """Raises UserError for a mask that may be sound: one in use, or on a disk or network that fails."""
    try:
        with Mask.open(path, segmentation.dimensions) as mask:
            run = mask.unfinished_run
    except UserError as error:
        if error.__cause__ is not None and error.template != damaged(path).template:
            raise
        return False  # damaged, or of another slide of the same name
    return segmentation.began(run)
