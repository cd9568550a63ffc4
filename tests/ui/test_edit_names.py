from __future__ import annotations

from bcseg_gui.ui.edit_names import edit_name


def test_an_edit_is_named_in_plain_words() -> None:
    assert edit_name("segment", "small") == "Segmented by small"
    assert edit_name("segment", "watershed") == "Quick segmentation"
    assert edit_name("smart_brush") == "Smart brush"
    assert edit_name("join") == "Join"
    assert edit_name("laser_scalpel") == "Laser scalpel", "of a newer version"
