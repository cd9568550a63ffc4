from __future__ import annotations

import logging
from typing import Any

import pytest

from bcseg_gui.cli import models
from model.errors import ModelError


@pytest.mark.parametrize("words", [("models", "list"), ("models", "show", "dark")])
def test_every_command_says_that_it_was_stopped(
    bcseg: Any, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(models, "user_registry", stop)
    outcome = bcseg(*words)
    assert (outcome.code, outcome.out, outcome.err) == (130, "", "Stopped.\n")


def test_warnings_are_told_on_standard_error(bcseg: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def warn() -> None:
        for message in (ModelError("“{model}” is slow here.", model="dark"), "as every library warns"):
            logging.getLogger("model").warning(message)
        raise KeyboardInterrupt

    monkeypatch.setattr(models, "user_registry", warn)
    outcome = bcseg("models", "list")
    assert (outcome.out, outcome.err) == ("", "“dark” is slow here.\nas every library warns\nStopped.\n")
    assert not any(type(handler).__module__.startswith("bcseg_gui") for handler in logging.getLogger().handlers)
