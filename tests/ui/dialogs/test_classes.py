from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QColorDialog, QWidget
from pytestqt.qtbot import QtBot

from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import DEFAULT_CLASSES, Mask
from bcseg_gui.core.project import Project
from bcseg_gui.core.project import classes as lists
from bcseg_gui.session.classes import Classes
from bcseg_gui.session.tool_settings import ToolSettings
from bcseg_gui.ui.dialogs.classes import ClassesDialog

Open = Callable[..., ClassesDialog]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "Ward.bcseg") as project:
        yield project


@pytest.fixture
def classes(qtbot: QtBot, project: Project) -> Classes:
    return Classes(lambda: project, lambda: project, lambda: None, ToolSettings())


@pytest.fixture
def open_dialog(qtbot: QtBot, classes: Classes) -> Open:
    window = QWidget()
    qtbot.addWidget(window)

    def show(class_id: int = 1) -> ClassesDialog:
        dialog = ClassesDialog(classes, window, class_id)
        dialog.show()
        return dialog

    return show


def names(dialog: ClassesDialog) -> list[str]:
    return [known.name for known in dialog.edited]


def test_a_class_is_added_named_and_coloured(qtbot: QtBot, open_dialog: Open, classes: Classes) -> None:
    dialog = open_dialog(0)
    assert dialog.name.selectedText() == "class 2"
    qtbot.keyClicks(dialog.name, "white cell")
    dialog.colors[4].click()
    assert classes.list == DEFAULT_CLASSES  # nothing is saved before OK
    dialog.ok.click()
    assert [(known.id, known.name, known.color) for known in classes.list[1:]] == [(2, "white cell", lists.PALETTE[4])]


def test_cancel_keeps_nothing(open_dialog: Open, classes: Classes) -> None:
    dialog = open_dialog(0)
    dialog.reject()
    assert classes.list == DEFAULT_CLASSES


def test_the_usual_three_take_one_click_and_no_name_is_changed_unasked(open_dialog: Open, classes: Classes) -> None:
    dialog = open_dialog()
    dialog.usual.click()
    assert names(dialog) == ["cell", "white cell", "platelet"]
    assert not dialog.usual.isVisible()
    assert dialog.offer.isVisible()
    dialog.offer.click()
    assert names(dialog) == ["red cell", "white cell", "platelet"]
    assert not dialog.offer.isVisible()
    dialog.ok.click()
    assert [known.id for known in classes.list] == [1, 2, 3]


def test_an_invalid_change_is_explained_in_the_dialog(qtbot: QtBot, open_dialog: Open, classes: Classes) -> None:
    dialog = open_dialog(0)
    dialog.name.clear()
    qtbot.keyClicks(dialog.name, "Cell")
    dialog.ok.click()
    assert "Two classes are called “cell”" in dialog.problem.replace("Cell", "cell")
    assert dialog.isVisible()
    qtbot.keyClicks(dialog.name, "s")
    assert dialog.problem == ""
    dialog.ok.click()
    assert not dialog.isVisible()
    assert [known.name for known in classes.list] == ["cell", "Cells"]


def test_another_colour_than_those_of_the_palette(qtbot: QtBot, open_dialog: Open, classes: Classes) -> None:
    dialog = open_dialog()
    dialog.other.click()
    chooser = dialog.findChild(QColorDialog)
    assert chooser is not None
    chooser.setCurrentColor(QColor("#123456"))
    chooser.accept()
    assert not any(button.isChecked() for button in dialog.colors)
    dialog.ok.click()
    assert classes.list[0].color == "#123456"


def test_the_order_changes_and_ids_do_not(open_dialog: Open, classes: Classes) -> None:
    classes.set(lists.with_blood_cells(DEFAULT_CLASSES))
    dialog = open_dialog(3)
    assert not dialog.down.isEnabled()
    dialog.up.click()
    dialog.up.click()
    assert not dialog.up.isEnabled()
    dialog.ok.click()
    assert [known.id for known in classes.list] == [3, 1, 2]


def test_a_class_with_cells_cannot_be_removed(
    open_dialog: Open, classes: Classes, project: Project, tmp_path: Path
) -> None:
    classes.set(lists.with_blood_cells(DEFAULT_CLASSES))
    (tmp_path / "a.png").write_bytes(b"a picture")
    entry = project.add(tmp_path / "a.png")
    with Mask.open(project.mask_path(entry), (30, 20)) as mask:
        edit = mask.begin("brush")
        edit.paint(Region(3, 3, 5, 5), np.ones((5, 5), np.bool_), 2)
        edit.commit()
    dialog = open_dialog(2)
    dialog.remove.click()
    assert "“a.png” holds such cells" in dialog.problem
    dialog.rows.setCurrentRow(2)
    dialog.remove.click()
    assert names(dialog) == ["cell", "white cell"]
    dialog.rows.setCurrentRow(0)
    assert not dialog.remove.isEnabled()
    dialog.ok.click()
    assert [known.name for known in classes.list] == ["cell", "white cell"]
