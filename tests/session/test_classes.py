from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint
from pytestqt.qtbot import QtBot

from bcseg_gui.compute.protocol import Segment, TilePredicted
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import DEFAULT_CLASSES, MANUAL
from bcseg_gui.core.project import Project
from bcseg_gui.session.classes import Classes
from bcseg_gui.session.session import Session


@pytest.fixture
def opened(session: Session, pictures: list[Path]) -> Session:
    session.open([pictures[0].parent])
    return session


@pytest.fixture
def classes(opened: Session) -> Classes:
    return Classes(lambda: opened.project, opened.home.needed_project, opened.save, opened.tools, opened)


def test_a_project_is_made_when_there_is_something_to_keep(classes: Classes, opened: Session, qtbot: QtBot) -> None:
    classes.rename(1, "cell")
    assert opened.project is None
    with qtbot.waitSignal(classes.changed):
        white = classes.add("white cell")
    assert opened.project is not None
    assert opened.project.classes == classes.list == (*DEFAULT_CLASSES, white)


def test_another_project_has_its_own(classes: Classes, opened: Session, qtbot: QtBot, tmp_path: Path) -> None:
    classes.choose(classes.add("white cell").id)
    assert classes.in_hand.name == "white cell"
    Project.create(tmp_path / "Other.bcseg").close()
    opened.close()
    with qtbot.waitSignal(classes.changed):
        classes.refresh()
    assert classes.list == DEFAULT_CLASSES
    assert opened.tools.class_id == 1
    with qtbot.assertNotEmitted(classes.changed):
        classes.refresh()


def test_keys_take_what_there_is(classes: Classes, opened: Session) -> None:
    white = classes.add("white cell")
    for key, chosen in ((2, white.id), (3, white.id), (1, 1), (9, 1)):
        classes.choose_key(key)
        assert opened.tools.class_id == chosen
    classes.choose(55)
    assert opened.tools.class_id == 1


def test_a_stroke_just_painted_keeps_its_class(
    classes: Classes, opened: Session, paint: Callable[..., None], qtbot: QtBot
) -> None:
    white = classes.add("white cell")
    paint(opened, class_id=white.id)
    for refused in (classes.remove, classes.require_unused):
        with pytest.raises(UserError, match=r"“a\.png” holds such cells"):
            refused(white.id)
    assert white in classes.list
    assert opened.document is not None
    opened.document.undo()
    classes.require_unused(white.id)
    classes.remove(white.id)
    assert classes.list == DEFAULT_CLASSES


@given(seed=st.integers(0, 2**32))
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_model_of_one_class_leaves_what_a_person_set(classes: Classes, opened: Session, client, seed: int) -> None:
    random = np.random.default_rng(seed)
    document = opened.document
    assert document is not None
    ids = [1, (classes.list[1:2] or (classes.add("white cell"),))[0].id, 0]
    for _stroke in range(int(random.integers(1, 8))):
        region = Region(*random.integers(-20, 150, 2).tolist(), *random.integers(1, 60, 2).tolist())
        document.begin_stroke("brush", int(random.choice(ids)))
        document.paint(region, random.random((region.h, region.w)) < 0.7)
        document.end_stroke()
    before = document.read_mask(document.whole)
    set_by_hand = before >= MANUAL
    opened.segmenting.picture(QPoint(), document.whole)
    job = client.last(Segment).job
    found = (random.random(before.shape) < 0.5).astype(np.uint8)
    client.answer(TilePredicted(job, document.whole, found, document.whole))
    client.finish_segmenting(job)
    after = document.read_mask(document.whole)
    assert not document.segmenting
    np.testing.assert_array_equal(after[set_by_hand], before[set_by_hand])
    np.testing.assert_array_equal(after[~set_by_hand] & ~np.uint8(1), 0)
