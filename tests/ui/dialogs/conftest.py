"""Models without weights for dialogs that list them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

WriteModel = Callable[..., Path]


@pytest.fixture
def write_model() -> WriteModel:
    """`write_model(folder, **changes)` makes a model folder that the registry accepts."""

    def write(folder: Path, **changes: object) -> Path:
        folder.mkdir(parents=True)
        weights = (2).to_bytes(8, "little") + b"{}"
        (folder / "weights.safetensors").write_bytes(weights)
        info = {
            "schema": 1,
            "name": folder.name,
            "architecture": "ternausnet11",
            "classes": ["cell"],
            "cell_diameter": 20.0,
            "source_cell_diameter": 33.0,
            "created": "2026-01-01T00:00:00Z",
            "weights_sha256": hashlib.sha256(weights).hexdigest(),
            "metrics": {"dice": 0.95},
        }
        (folder / "model.json").write_text(json.dumps(info | changes))
        return folder

    return write
