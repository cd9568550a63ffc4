from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QObject
from pytestqt.qtbot import QtBot

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.slides import open_slide
from bcseg_gui.core.synthetic.smear import make_smear
from bcseg_gui.session.cell_size import CellSize, CellSizes


@pytest.fixture
def smear(tmp_path: Path) -> Path:
    path = tmp_path / "smear.png"
    cv2.imwrite(str(path), make_smear(320, 240, seed=1, cell_diameter=30, density=0.2).image[..., ::-1])
    return path


@pytest.fixture
def sizes(qapp: QCoreApplication) -> Iterator[CellSizes]:
    owner = QObject()
    sizes = CellSizes(owner)
    yield sizes
    sizes.stop()


def test_only_what_is_no_habit_of_a_model_counts_as_known() -> None:
    assert [CellSize(30.0, origin).known for origin in ("person", "scale", "picture")] == [30.0] * 3
    assert [CellSize(30.0, origin).known for origin in ("model", "looking")] == [None] * 2


def test_the_picture_is_looked_at_once(qtbot: QtBot, sizes: CellSizes, smear: Path) -> None:
    with open_slide(smear) as slide:
        assert sizes.of(slide, 99.0) == CellSize(99.0, "looking")
        with qtbot.waitSignal(sizes.found):
            sizes.measure(slide)
        size = sizes.of(slide, 99.0)
        assert size.origin == "picture"
        assert size.diameter == pytest.approx(30, rel=0.15)
        with qtbot.assertNotEmitted(sizes.found):
            sizes.measure(slide)
            sizes.stop()
        sizes.forget()
        assert sizes.of(slide, 99.0).origin == "looking"


def test_a_picture_without_cells_falls_back_to_the_model(qtbot: QtBot, sizes: CellSizes, tmp_path: Path) -> None:
    path = tmp_path / "blank.png"
    cv2.imwrite(str(path), np.full((60, 80, 3), 230, np.uint8))
    with open_slide(path) as slide:
        with qtbot.waitSignal(sizes.found):
            sizes.measure(slide)
        assert sizes.of(slide, 99.0) == CellSize(99.0, "model")
        assert sizes.of(slide, None) == CellSize(None, "model")


def test_the_scale_of_a_slide_is_believed_at_once(qtbot: QtBot, sizes: CellSizes, smear: Path) -> None:
    with open_slide(smear) as slide:
        slide.mpp = 0.25
        with qtbot.assertNotEmitted(sizes.found):
            sizes.measure(slide)
            sizes.stop()
        assert sizes.of(slide, 99.0) == CellSize(30.0, "scale")


def test_a_slide_that_can_no_longer_be_read_is_none_with_cells(
    qtbot: QtBot, sizes: CellSizes, smear: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise UserError("“{path}” is gone.", path=smear)

    with open_slide(smear) as slide:
        monkeypatch.setattr(slide, "read_region", fail)
        with qtbot.waitSignal(sizes.found):
            sizes.measure(slide)
        assert sizes.of(slide, 99.0).origin == "model"


def test_a_slide_left_meanwhile_is_given_up(qtbot: QtBot, sizes: CellSizes, smear: Path, tmp_path: Path) -> None:
    second = tmp_path / "second.png"
    second.write_bytes(smear.read_bytes())
    with open_slide(second) as slide:
        with open_slide(smear) as left:
            sizes.measure(left)
        with qtbot.waitSignal(sizes.found):
            sizes.measure(slide)
        assert sizes.of(slide, None).origin == "picture"
        assert sizes.of(left, None).origin == "looking"
