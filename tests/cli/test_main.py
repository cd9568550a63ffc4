from __future__ import annotations

from typing import Any

import pytest

from bcseg_gui.cli import models


@pytest.mark.parametrize("words", [("models", "list"), ("models", "show", "dark")])
def test_every_command_says_that_it_was_stopped(
    bcseg: Any, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(models, "user_registry", stop)
    outcome = bcseg(*words)
    assert (outcome.code, outcome.out, outcome.err) == (130, "", "Stopped.\n")
