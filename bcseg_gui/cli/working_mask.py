"""The mask of a large slide while `bcseg segment` works on it: on disk, so that an interrupted run goes on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bcseg_gui.core.files import make_folder
from bcseg_gui.core.masks import Mask, Run

NAME = "mask.sqlite"


def folder_for(destination: Path) -> Path:
    """Where the work on a mask picture lies until it is written: `NAME.partial`."""
    return destination.with_suffix(".partial")


@contextmanager
def working_mask(folder: Path, dimensions: tuple[int, int], settings: str) -> Iterator[tuple[Mask, Run | None]]:
    """The mask and, of an earlier run with the same settings, what is finished; what others left is thrown away.

    The folder goes with the end of the block, and stays after an error or Ctrl+C if a block is finished. Raises
    UserError when it cannot be written.
    """
    if (folder / NAME).exists():
        with Mask.open(folder / NAME, dimensions) as mask:
            run = mask.unfinished_run
        if run is None or run.settings != settings:
            shutil.rmtree(folder, ignore_errors=True)
    make_folder(folder)
    keep = True
    try:
        with Mask.open(folder / NAME, dimensions) as mask:
            try:
                yield mask, mask.unfinished_run
                keep = False
            finally:
                keep = keep and mask.unfinished_run is not None
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
