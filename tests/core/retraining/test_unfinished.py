from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bcseg_gui.core.retraining.unfinished import Unfinished, discard_unfinished, find_unfinished, save_unfinished

RUN = Unfinished("ward-retrained", "2026-01-01-abc", "tiny", epochs=6, learn=8, test=2)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "datasets" / RUN.dataset).mkdir(parents=True)
    return tmp_path


def test_what_is_kept_is_found(project: Path) -> None:
    assert find_unfinished(project) is None
    output = save_unfinished(project, RUN)
    assert (output.parent, output.name) == (project / "retraining", RUN.model)
    save_unfinished(project, replace(RUN, done=3))
    assert find_unfinished(project) == replace(RUN, done=3)
    discard_unfinished(project)
    assert find_unfinished(project) is None
    assert not (project / "retraining").exists()


def test_another_takes_the_place_of_one_that_was_left(project: Path) -> None:
    old = save_unfinished(project, RUN)
    old.mkdir()
    new = save_unfinished(project, replace(RUN, model="ward-retrained-2"))
    assert not old.exists()
    new.mkdir()
    save_unfinished(project, replace(RUN, model="ward-retrained-2", done=1))
    assert new.is_dir(), "its checkpoint stays"


def test_one_without_its_pictures_or_with_a_damaged_note_cannot_be_gone_on_with(project: Path) -> None:
    save_unfinished(project, RUN)
    note = project / "retraining" / "run.json"
    content = note.read_bytes()
    note.write_bytes(content[:-20])
    assert find_unfinished(project) is None
    note.write_bytes(content)
    (project / "datasets" / RUN.dataset).rmdir()
    assert find_unfinished(project) is None
