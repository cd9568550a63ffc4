"""A command that torchrun starts several times, on one machine or more."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path


@contextmanager
def one_of_several() -> Iterator[None]:
    """Join the other processes that torchrun started; all but the first are silent. Does nothing without torchrun."""
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        yield
        return
    from model.training.distributed import is_leader, joined  # they import torch

    with joined():
        if is_leader():
            yield
        else:
            with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
                yield
