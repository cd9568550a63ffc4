from __future__ import annotations

import pytest

from bcseg_gui.ui.widgets.durations import duration_words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "1 s"), (59.9, "59 s"), (60, "1 min"), (3599, "59 min"), (3660, "1 h 01 min"), (36_000, "10 h 00 min")],
)
def test_a_duration_is_a_few_characters(seconds: float, words: str) -> None:
    assert duration_words(seconds) == words
