"""The command line as a person meets it: words in, exit code, text and files out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bcseg_gui.cli import models
from bcseg_gui.cli.main import main
from bcseg_gui.compute import models as compute_models
from model.networks import NETWORKS, PretrainedEncoder
from tests.dark_model import write_dark_model


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


Bcseg = Callable[..., Outcome]


@pytest.fixture(scope="session")
def engine_choices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Which engine is the fastest is measured by the first test that wants to know."""
    return tmp_path_factory.mktemp("engines")


@pytest.fixture
def bcseg(
    shipped_models: Path,
    engine_choices: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Bcseg:
    """`bcseg("segment", ...)` runs the real entry point, with one small model in place of the bundled ones."""

    def run(*words: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["bcseg", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return Outcome(int(ended.value.code or 0), printed.out, printed.err)

    monkeypatch.setattr(models, "resource", lambda name: shipped_models)
    monkeypatch.setattr(compute_models, "engine_cache", lambda: engine_choices)
    return run


@pytest.fixture
def serve_pretrained(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str, str], None]:
    """`serve_pretrained(architecture, url, sha256)` says where the pretrained encoder of a network is to be had."""

    def serve(architecture: str, url: str, sha256: str) -> None:
        row = replace(NETWORKS[architecture], pretrained=PretrainedEncoder(url, sha256))
        monkeypatch.setitem(NETWORKS, architecture, row)

    return serve


@pytest.fixture(scope="session")
def shipped_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the model "dark": a TernausNet-11 whose last layers were set by hand to find dark pixels."""
    folder = tmp_path_factory.mktemp("weights")
    write_dark_model(folder / "dark")
    return folder


@pytest.fixture
def picture(tmp_path: Path) -> Callable[..., tuple[Path, NDArray[np.bool_]]]:
    """Writes a light picture with two dark cells; returns its path and where the cells are."""

    def write(name: str = "field.png", width: int = 160, height: int = 96) -> tuple[Path, NDArray[np.bool_]]:
        y, x = np.mgrid[:height, :width]
        cells = (np.hypot(x - 40, y - 48) < 12) | (np.hypot(x - 110, y - 40) < 12)
        pixels = np.where(cells[..., None], np.uint8(40), np.uint8(235)).repeat(3, 2)
        path = tmp_path / "pictures" / name
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(path)
        return path, cells

    return write
