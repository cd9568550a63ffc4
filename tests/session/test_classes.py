from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.project import DEFAULT_CLASSES, Project
from bcseg_gui.session.classes import Classes
from bcseg_gui.session.session import Session


@pytest.fixture
def opened(session: Session, pictures: list[Path]) -> Session:
    session.open([pictures[0].parent])
    return session


@pytest.fixture
def classes(opened: Session) -> Classes:
    return Classes(lambda: opened.project, opened.needed_project, opened.keep, opened.tools, opened)


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
    opened._leave_project()
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
