from __future__ import annotations

from bcseg_gui.session.edit_words import edit_words


def test_a_segmentation_says_what_made_it() -> None:
    assert edit_words("segment", "small") == "Segmented by small"
    assert edit_words("segment", "watershed") == "Quick segmentation"
    assert edit_words("segment") == "Segmentation"


def test_tools_have_names_of_their_own() -> None:
    assert edit_words("join") == "Join"
    assert edit_words("smart_brush") is None
