from __future__ import annotations

import pytest

from bcseg_gui.ui.widgets.titles import grouped


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0"), (999, "999"), (1000, "1\u202f000"), (1234567, "1\u202f234\u202f567")]
)
def test_numbers_are_grouped_by_threes(number: int, text: str) -> None:
    assert grouped(number) == text
