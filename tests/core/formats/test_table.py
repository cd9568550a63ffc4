"""What every row of `FORMATS` must hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bcseg_gui.core import i18n
from bcseg_gui.core.formats.format import Format, Piece
from bcseg_gui.core.formats.table import FORMATS
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import MaskClass

ONE = (MaskClass(1, "cell", "#e69f00"),)
SEVERAL = (*ONE, MaskClass(3, "white", "#0000ff"))

rows = pytest.mark.parametrize("form", FORMATS.values(), ids=list(FORMATS))


def pieces(*, several: bool) -> list[Piece]:
    rng = np.random.default_rng(0)
    made = []
    for number, (h, w) in enumerate(((12, 20), (7, 5))):
        picture = rng.integers(0, 256, (h, w, 3), dtype=np.uint8)
        classes = rng.choice(np.array([0, 1, 3] if several else [0, 1], np.uint8), (h, w))
        corrected = rng.random((h, w)) < 0.5
        region = Region(number, 2, w, h)
        made.append(Piece(f"a-{number}", "a", "a.svs", region, 0.25, 41.0, "", "train", picture, classes, corrected))
    return made


@rows
def test_it_is_named(form: Format) -> None:
    assert FORMATS[form.id] is form
    assert form.title
    assert form.suffix.startswith(".")
    assert form.holds


@rows
def test_its_title_is_translated(form: Format) -> None:
    i18n.install("fr")
    assert i18n._(form.title) != form.title


@rows
def test_its_codec_has_a_test(form: Format) -> None:
    name = form.encode.__module__.rpartition(".")[2]
    assert (Path(__file__).parent / f"test_{name}.py").is_file()


@rows
@pytest.mark.parametrize("classes", [ONE, SEVERAL], ids=["one class", "several"])
def test_what_is_written_is_known_again_and_read_back(
    form: Format, classes: tuple[MaskClass, ...], tmp_path: Path
) -> None:
    assert not form.written(tmp_path)
    given = pieces(several=len(classes) > 1)
    form.encode(tmp_path, iter(given), classes)
    files = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert set(form.written(tmp_path)) <= files
    assert any(path.suffix == form.suffix for path in files)
    if form.decode is None:
        return
    for read, piece in zip(form.decode(tmp_path), given, strict=True):
        for content in form.holds:
            np.testing.assert_array_equal(getattr(read, content), getattr(piece, content))
