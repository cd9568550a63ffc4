from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bcseg_gui.cli import models


def test_all_is_well(bcseg: Any) -> None:
    outcome = bcseg("doctor")
    assert (outcome.code, outcome.err) == (0, "")
    assert "dark" in outcome.out
    assert "s per megapixel" in outcome.out


def test_a_missing_model_is_said(bcseg: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "resource", lambda name: tmp_path)
    outcome = bcseg("doctor")
    assert outcome.code == 1
    assert "Problem: No model came with this program" in outcome.err
