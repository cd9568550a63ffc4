from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import Mask
from bcseg_gui.core.project import Project
from bcseg_gui.core.slides import open_slide


def test_exports_the_reviewed_pictures(bcseg: Any, picture: Callable[..., Any], tmp_path: Path) -> None:
    path, cells = picture()
    with Project.create(tmp_path / "Ward7.bcseg") as project:
        with open_slide(path) as slide:
            entry = project.update(project.add(path).measured(slide))
        with Mask.open(project.mask_path(entry), (160, 96)) as mask:
            edit = mask.begin("brush")
            edit.paint(Region(0, 0, 160, 96), cells, 1)
            edit.commit()
        project.update(replace(entry, status="reviewed"))
    outcome = bcseg("export", tmp_path / "Ward7.bcseg", "--output", tmp_path / "pairs")
    assert (outcome.code, outcome.err) == (0, "")
    (written,) = (tmp_path / "pairs" / "masks").glob("*.png")
    np.testing.assert_array_equal(np.asarray(Image.open(written)) > 0, cells)


def test_a_project_that_is_not_there_is_said(bcseg: Any, tmp_path: Path) -> None:
    outcome = bcseg("export", tmp_path / "none.bcseg", "--output", tmp_path / "pairs")
    assert outcome.code == 1
    assert "none.bcseg" in outcome.err
    assert not (tmp_path / "pairs").exists()
