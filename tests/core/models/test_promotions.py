from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.models.promotions import LibraryPromotions, Promotions


@given(names=st.lists(st.sampled_from("abc"), max_size=8))
def test_rolling_back_walks_through_the_models_in_reverse(names: list[str]) -> None:
    promotions, active = Promotions(), [""]
    for name in names:
        promotions = promotions.promoted(name)
        if name != active[-1]:
            active.append(name)
    while len(active) > 1:
        assert promotions.active == active.pop()
        promotions = promotions.rolled_back()
    assert promotions.active == ""
    with pytest.raises(UserError, match="no earlier model"):
        promotions.rolled_back()


def test_history_keeps_what_was_rolled_back() -> None:
    promotions = Promotions().promoted("a").promoted("b").rolled_back().promoted("c")
    assert promotions.active == "c"
    assert [(item.model, bool(item.rolled_back)) for item in promotions.history] == [
        ("a", False),
        ("b", True),
        ("c", False),
    ]
    assert promotions.rolled_back().active == "a"


def test_library_remembers(tmp_path: Path) -> None:
    library = tmp_path / "library"
    assert LibraryPromotions(library).read_promotions() == Promotions()
    LibraryPromotions(library).write_promotions(Promotions().promoted("a"))
    assert LibraryPromotions(library).read_promotions().active == "a"
