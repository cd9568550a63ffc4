from __future__ import annotations

from pathlib import Path

import cv2
import pytest
from PIL import Image
from PySide6.QtCore import QPoint

from bcseg_gui.compute.protocol import Segment
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.synthetic.smear import make_smear
from bcseg_gui.session.cell_size import CellSize
from bcseg_gui.session.session import Session


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def measured(session: Session) -> bool:
    return session.scale.cell_size is not None and session.scale.cell_size.origin != "looking"


def test_the_cell_diameter_is_the_models_until_the_person_sets_one(session, pictures, make_session, qtbot) -> None:
    with qtbot.waitSignal(session.stateChanged, check_params_cb=lambda: measured(session)):
        session.open([pictures[0]])
    assert session.scale.cell_size == CellSize(33.0, "model")  # the picture is blank
    session.scale.set_cell_diameter(50.0)
    session.segmenting.picture(QPoint(0, 0))
    session.close()
    again = make_session()
    again.open([pictures[0]])
    assert again.scale.cell_size == CellSize(50.0, "person")
    again.scale.set_cell_diameter(None)
    assert again.scale.cell_size.origin != "person"
    again.close()
    third = make_session()
    third.open([pictures[0]])
    assert third.scale.cell_size.origin != "person"


def test_the_cell_diameter_is_measured_when_a_picture_is_opened(session, pictures, client, qtbot) -> None:
    smear = make_smear(320, 240, seed=2, cell_diameter=30, density=0.2)
    cv2.imwrite(str(pictures[1]), smear.image[..., ::-1])
    session.open(pictures)
    session.select(1)
    assert session.scale.cell_size.origin == "looking"
    session.segmenting.picture(QPoint(0, 0))
    assert client.last(Segment).cell_diameter is None, "the compute process looks by itself"
    client.finish_segmenting(client.last(Segment).job)
    qtbot.waitUntil(lambda: measured(session))
    size = session.scale.cell_size
    assert size.origin == "picture"
    assert size.diameter == pytest.approx(30, rel=0.15)
    session.segmenting.picture(QPoint(0, 0))
    assert client.last(Segment).cell_diameter == size.diameter
    session.select(0)
    session.select(1)
    assert session.scale.cell_size == size, "it is not measured again"


def test_automatic_where_nothing_was_set_leaves_no_file(session, pictures) -> None:
    session.open([pictures[0]])
    session.scale.set_cell_diameter(None)
    assert files(pictures[0].parent) == {"a.png", "b.png", "c.png"}


def test_a_given_scale_tells_the_cell_size_and_is_kept(session, pictures, make_session) -> None:
    session.open([pictures[0]])
    assert session.scale.mpp is None
    session.scale.set_given_mpp(0.25)
    assert session.scale.mpp == 0.25
    assert session.scale.cell_size == CellSize(30.0, "scale")
    session.close()
    again = make_session()
    again.open([pictures[0]])
    assert (again.scale.mpp, again.scale.cell_size) == (0.25, CellSize(30.0, "scale"))
    again.scale.set_given_mpp(None)
    assert again.scale.mpp is None
    assert again.scale.cell_size.origin == "looking"


def test_no_scale_given_leaves_no_file(session, pictures) -> None:
    session.open([pictures[0]])
    session.scale.set_given_mpp(None)
    assert files(pictures[0].parent) == {"a.png", "b.png", "c.png"}


@pytest.mark.parametrize("mpp", [0.0, -1.0, 0.001, 350.0, float("nan")])
def test_a_scale_that_no_microscope_has_is_refused(session, pictures, mpp) -> None:
    session.open([pictures[0]])
    with pytest.raises(UserError, match="not the scale of a microscope"):
        session.scale.set_given_mpp(mpp)
    assert session.scale.mpp is None


def test_what_the_file_says_of_its_scale_wins(session, pictures) -> None:
    Image.new("RGB", (160, 120)).save(pictures[0], dpi=(101_600, 101_600))
    session.open([pictures[0]])
    session.scale.set_given_mpp(0.5)
    assert session.scale.mpp == pytest.approx(0.25, rel=0.01)
    assert session.project is None
