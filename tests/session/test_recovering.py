from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks.failures import DamagedMaskError
from bcseg_gui.core.masks.storage.recovery import Recovered
from bcseg_gui.session.recovering import Recovering
from bcseg_gui.session.session import Session

WHOLE = Region(0, 0, 160, 120)


@pytest.fixture
def mask(session: Session, pictures, paint) -> Path:
    """Two strokes on the first picture, which is reviewed; the second is in front."""
    session.open(pictures)
    paint(session)
    paint(session, Region(60, 60, 30, 30))
    session.reviewing.mark(WHOLE)
    session.select(0)
    session.save()
    assert session.document is not None
    path = session.project.mask_path(session.opened.front_entry())
    session.select(1)
    return path


def no_first_page(path: Path) -> None:
    path.write_bytes(bytes(4096) + path.read_bytes()[4096:])


def no_tile(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE tiles SET data = x'4201'")


def recover(session: Session, error: DamagedMaskError) -> Recovering:
    return Recovering(error, session.opened, session.let_go, session.show, session)


def run(qtbot: QtBot, recovering: Recovering) -> Recovered:
    with qtbot.waitSignal(recovering.examined) as examined:
        recovering.examine()
    with qtbot.waitSignal(recovering.recovered) as recovered:
        recovering.recover()
    assert recovered.args[0].tiles == examined.args[0].tiles
    return recovered.args[0]


def test_a_picture_that_cannot_be_opened_is_recovered_and_shown(qtbot, session, mask, pictures) -> None:
    no_first_page(mask)
    with qtbot.waitSignal(session.failed) as failed:
        session.select(0)
    error = failed.args[0]
    assert isinstance(error, DamagedMaskError)
    recovering = recover(session, error)
    assert recovering.picture == pictures[0]
    found = run(qtbot, recovering)
    assert (found.tiles, found.lost, found.edits) == (1, 0, 2)
    assert session.document is not None
    assert session.document.path == pictures[0]
    assert session.document.read_mask(WHOLE)[65, 65] == 129
    assert session.document.undo_text == "brush"
    assert session.reviewing.status == "reviewed", "nothing is lost"


def test_a_picture_in_front_is_recovered_and_is_to_be_reviewed_again(qtbot, session, mask, pictures) -> None:
    no_tile(mask)
    session.select(0)
    with pytest.raises(DamagedMaskError) as caught:
        session.document.read_mask(WHOLE)
    found = run(qtbot, recover(session, caught.value))
    assert (found.tiles, found.lost) == (0, 1)
    assert session.document.path == pictures[0]
    assert not session.document.read_mask(WHOLE).any()
    assert session.reviewing.status == "doing"
    session.document.undo()
    assert session.document.read_mask(WHOLE)[15, 15] == 129, "the first stroke is there"


def test_a_project_that_is_not_open_is_put_right_too(qtbot, session, make_session, mask, pictures) -> None:
    no_first_page(mask)
    session.close()
    other = make_session()
    with pytest.raises(DamagedMaskError) as caught:
        other.open(pictures[:1])
    assert run(qtbot, recover(other, caught.value)).tiles == 1
    other.open(pictures[:1])
    assert other.document.read_mask(WHOLE)[65, 65] == 129


def test_what_cannot_be_recovered_is_left_alone(qtbot, session, mask) -> None:
    mask.write_bytes(b"no cells" * 1000)
    with qtbot.waitSignal(session.failed) as failed:
        session.select(0)
    recovering = recover(session, failed.args[0])
    for attempt in (recovering.examine, recovering.recover):
        with qtbot.waitSignal(recovering.failed) as refused:
            attempt()
        assert isinstance(refused.args[0], UserError)
    assert mask.read_bytes() == b"no cells" * 1000
