"""Label and macro photographs may show a patient's name: who may touch them, and that no export holds them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from typer.testing import CliRunner

from bcseg_gui.cli.main import app
from bcseg_gui.core.exporting.export import export
from bcseg_gui.core.formats.table import PAIRS
from bcseg_gui.core.masks import Mask
from bcseg_gui.core.project import Project
from bcseg_gui.core.slides import open_slide

ROOT = Path(__file__).resolve().parents[1]
LABEL_COLOR = (255, 0, 255)
SIDE = 512


@pytest.fixture
def slide_path(tmp_path: Path) -> Path:
    """An SVS whose label is of one loud colour, which its smear does not have."""
    path = tmp_path / "slide.svs"
    pixels = np.random.default_rng(1).integers(100, 200, (SIDE, SIDE, 3), np.uint8)
    label = np.full((64, 64, 3), LABEL_COLOR, np.uint8)
    about = f"Aperio Image Library v11\r\n{SIDE}x{SIDE} [0,0 {SIDE}x{SIDE}] (256x256)|AppMag = 40|MPP = 0.25"
    with tifffile.TiffWriter(path) as tiff:
        tiff.write(pixels, tile=(256, 256), photometric="rgb", description=about, metadata=None)
        tiff.write(pixels[::8, ::8], photometric="rgb", rowsperstrip=64, description=about, metadata=None)
        label_about = "Aperio Image Library v11\r\nlabel 64x64"
        tiff.write(label, photometric="rgb", rowsperstrip=64, subfiletype=1, description=label_about, metadata=None)
    return path


def test_the_slide_has_a_label(slide_path: Path) -> None:
    with open_slide(slide_path) as slide:
        assert (slide.associated_images["label"] == LABEL_COLOR).all()
        assert "label" in slide.private_images


def test_only_the_dialog_with_the_switch_reads_associated_images() -> None:
    readers = {
        path.relative_to(ROOT).as_posix()
        for folder in ("bcseg_gui", "model", "packaging")
        for path in (ROOT / folder).rglob("*.py")
        if "associated_images" in path.read_text(encoding="utf-8")
    }
    allowed = {"bcseg_gui/ui/dialogs/slide_info.py"}
    assert {reader for reader in readers if not reader.startswith("bcseg_gui/core/slides/")} <= allowed


def test_exported_pairs_hold_no_label(slide_path: Path, tmp_path: Path) -> None:
    with Project.create(tmp_path / "ward.bcseg") as project:
        with open_slide(slide_path) as slide:
            entry = project.add(slide_path).measured(slide)
        project.update(replace(entry, status="reviewed"))
        Mask.open(project.mask_path(entry), (SIDE, SIDE)).close()
        export(project, tmp_path / "out", PAIRS)
    pictures = list((tmp_path / "out").rglob("*.png"))
    assert len(pictures) == 2
    assert not [path for path in pictures if _has_label_color(path)]


def test_a_segmented_slide_is_written_without_its_label(slide_path: Path, tmp_path: Path) -> None:
    arguments = ["segment", str(slide_path), "--output", str(tmp_path / "out"), "--method", "watershed"]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    (mask,) = (tmp_path / "out").iterdir()
    with Image.open(mask) as picture:
        assert picture.size == (SIDE, SIDE)
    assert not _has_label_color(mask)


def _has_label_color(path: Path) -> bool:
    with Image.open(path) as picture:
        return bool((np.asarray(picture.convert("RGB")) == LABEL_COLOR).all(axis=-1).any())
