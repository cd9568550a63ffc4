from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.exporting.dataset import make_dataset
from bcseg_gui.core.exporting.export import ExportCancelled
from bcseg_gui.core.formats.pairs import load_manifest
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.project import Project, SlideEntry

MakePicture = Callable[..., Path]
Review = Callable[..., SlideEntry]


@pytest.fixture
def reviewed(make_picture: MakePicture, review: Review) -> list[SlideEntry]:
    return [review(make_picture(f"{number}.png", number)) for number in range(4)]


def test_every_reviewed_slide_is_on_its_frozen_side(project: Project, reviewed: list[SlideEntry]) -> None:
    dataset = make_dataset(project)
    assert dataset.folder == project.folder / "datasets" / dataset.id
    sides = {pair.slide: pair.split for pair in load_manifest(dataset.folder).pairs}
    assert sides == {entry.id: entry.split for entry in project.slides}
    assert (dataset.train, dataset.holdout) == (
        list(sides.values()).count("train"),
        list(sides.values()).count("holdout"),
    )
    assert dataset.train >= 1
    assert dataset.holdout >= 1


def test_it_says_where_a_person_decided(project: Project, reviewed: list[SlideEntry]) -> None:
    dataset = make_dataset(project)
    for pair in load_manifest(dataset.folder).pairs:
        corrected = np.asarray(Image.open(dataset.folder / pair.corrected))
        assert (corrected > 0).sum() == 50
        assert (corrected[6:11, 8:18] == 255).all()


def test_same_content_is_the_same_dataset(project: Project, reviewed: list[SlideEntry]) -> None:
    first = make_dataset(project)
    assert make_dataset(project) == first
    assert [path.name for path in (project.folder / "datasets").iterdir()] == [first.id]
    project.update(replace(reviewed[0], reviewed=(Region(0, 0, 30, 30),)))
    assert make_dataset(project).id != first.id


def test_dataset_that_lost_a_file_is_made_anew(project: Project, reviewed: list[SlideEntry]) -> None:
    first = make_dataset(project)
    lost = first.folder / load_manifest(first.folder).pairs[0].image
    lost.unlink()
    assert make_dataset(project) == first
    assert lost.exists()


def test_dataset_can_go_elsewhere(project: Project, reviewed: list[SlideEntry], tmp_path: Path) -> None:
    assert make_dataset(project, tmp_path / "elsewhere").folder.parent == tmp_path / "elsewhere"
    assert not (project.folder / "datasets").exists()


def test_of_one_slide_a_part_is_kept_for_the_test(project: Project, make_picture: MakePicture, review: Review) -> None:
    project.update(replace(review(make_picture()), cell_diameter=4.0))
    dataset = make_dataset(project)
    assert (dataset.train, dataset.holdout) == (1, 1)
    learnt, kept = sorted(load_manifest(dataset.folder).pairs, key=lambda pair: pair.split, reverse=True)
    assert (learnt.split, kept.split) == ("train", "holdout")
    assert learnt.region.grown(6).intersected(kept.region).is_empty


def test_one_small_picture_is_too_few(project: Project, make_picture: MakePicture, review: Review) -> None:
    review(make_picture())
    with pytest.raises(UserError, match="too small to learn from and to test on"):
        make_dataset(project)


def test_cancelled_dataset_leaves_nothing(project: Project, reviewed: list[SlideEntry]) -> None:
    with pytest.raises(ExportCancelled):
        make_dataset(project, cancelled=lambda: True)
    assert list((project.folder / "datasets").iterdir()) == []
