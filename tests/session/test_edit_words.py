from __future__ import annotations

from dataclasses import replace

from bcseg_gui.core.masks import EditRecord
from bcseg_gui.session.edit_words import edit_words, tool_words


def test_an_edit_is_told_in_plain_words() -> None:
    record = EditRecord(1, "", "", "segment", 0, "small", 1.0)
    assert edit_words(record) == "Segmented by small"
    assert edit_words(replace(record, model="watershed")) == "Quick segmentation"
    assert edit_words(replace(record, tool="smart_brush", model="")) == "Smart brush"
    assert tool_words("laser_scalpel") == "Laser scalpel", "of a newer version"
