"""Open, segment, correct, review, export, retrain, segment better: by mouse and keys, in the real program."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QComboBox, QFileDialog, QLabel, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from bcseg_gui import app
from bcseg_gui.compute.protocol import SegmentResult
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import MANUAL
from bcseg_gui.core.resources import resource
from bcseg_gui.core.synthetic.smear import make_smear
from bcseg_gui.session import retraining_plan
from bcseg_gui.ui.actions.table import ACTIONS
from bcseg_gui.ui.dialogs.export import ExportDialog
from bcseg_gui.ui.dialogs.retrain import RetrainDialog
from bcseg_gui.ui.main_window import MainWindow

DIAMETER = 42.0
"""Of the cells in `fields`, px."""


class Person:
    """Looks at the window, clicks and types."""

    def __init__(self, qtbot: QtBot, window: MainWindow) -> None:
        self.qtbot, self.window = qtbot, window

    @property
    def session(self):
        return self.window.session

    @property
    def document(self):
        return self.window.session.document

    def press(self, keys: str) -> None:
        self.qtbot.keySequence(self.window, keys)

    def click(self, action: str) -> None:
        button = self.window.toolbar.widgetForAction(self.window.actions_[action])
        assert isinstance(button, QToolButton)
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def choose(self, key: str) -> None:
        """An action by mouse, from the menu that holds it."""
        bar, action = self.window.menuBar(), self.window.actions_[key]
        entry = next(entry for entry in bar.actions() if action in entry.menu().actions())
        self.qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=bar.actionGeometry(entry).center())
        self.wait(entry.menu().isVisible)
        place = entry.menu().actionGeometry(action).center()
        self.qtbot.mouseClick(entry.menu(), Qt.MouseButton.LeftButton, pos=place)
        self.wait(lambda: not entry.menu().isVisible())
        with self.qtbot.waitActive(self.window):  # the offscreen platform does not give the keyboard back by itself
            self.window.activateWindow()

    def wait(self, condition: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()))

    def segment(self) -> str:
        """Press Segment and wait; returns the name of the model that did it."""
        self.click("segment")
        results: list[SegmentResult] = []
        self.session.jobs.running[-1].finished.connect(results.append)
        self.wait(lambda: not self.document.segmenting)
        return results[0].model

    def stroke(self, *points: tuple[int, int]) -> None:
        """From point to point of the slide with the left button held."""
        view = self.window.view
        places = [view.mapFromScene(*point) for point in points]
        port = view.viewport()
        self.qtbot.mousePress(port, Qt.MouseButton.LeftButton, pos=places[0])
        for place in places[1:]:
            self.qtbot.mouseMove(port, place)
        self.qtbot.mouseRelease(port, Qt.MouseButton.LeftButton, pos=places[-1])

    def pixels(self) -> np.ndarray:
        return self.document.mask.read(self.document.whole)

    def highlighted(self) -> str:
        """The actions whose buttons are drawn as the main one."""
        toolbar, actions = self.window.toolbar, self.window.actions_
        buttons = {key: toolbar.widgetForAction(actions[key]) for key in ACTIONS}
        return ",".join(key for key, button in buttons.items() if button is not None and button.property("main"))


def button(parent: QWidget, text: str) -> QPushButton:
    return next(each for each in parent.findChildren(QPushButton) if each.text() == text)


def test_once_through(qtbot: QtBot, run_main, fields: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retraining_plan.Plan, "epochs", 1)

    def script(window: MainWindow) -> None:
        person = Person(qtbot, window)
        open_folder(person, fields, monkeypatch)
        segment_and_correct(person)
        review_all(person)
        export(person, tmp_path / "out", monkeypatch)
        retrain_and_promote(person)
        segment_with_the_new_model(person)

    run_main(["--lang", "en"], script)


def open_folder(person: Person, fields: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert person.highlighted() == "open"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_args, **_more: str(fields))
    person.press("Ctrl+Shift+O")
    person.wait(lambda: person.document is not None)
    assert [item.path.name for item in person.session.worklist] == ["field0.png", "field1.png", "field2.png"]
    assert person.highlighted() == "segment"


def segment_and_correct(person: Person) -> None:
    assert person.segment() == "tiny"
    assert (person.pixels() == 1).all(), "the untrained model takes everything for cells"
    person.wait(lambda: person.window.cells.text == "1")
    assert person.highlighted() == "reviewed"

    person.press("E")
    person.press("]")
    person.stroke((160, 5), (160, 128), (160, 250))
    erased = int((person.pixels() == MANUAL).sum())
    assert erased > 500
    person.press("Ctrl+Z")
    assert (person.pixels() == 1).all()
    person.press("Ctrl+Y")
    assert int((person.pixels() == MANUAL).sum()) == erased

    person.press("B")
    person.stroke((60, 60), (80, 80))
    assert int(person.pixels()[70, 70]) == 1 | MANUAL


def review_all(person: Person) -> None:
    first = person.document.path
    person.press("Return")
    assert person.document.path != first, "Reviewed goes to the next picture"
    for _ in range(2):
        person.segment()
        person.press("E")
        person.stroke((20, 20), (200, 30))
        person.click("reviewed")
    assert [item.status for item in person.session.worklist] == ["reviewed"] * 3
    assert person.highlighted() == "retrain"


def export(person: Person, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_args, **_more: str(folder))
    person.press("Ctrl+E")
    dialog = person.window.findChild(ExportDialog)
    person.wait(lambda: dialog.text.startswith("Done"))
    assert "3" in dialog.text
    dialog.close()
    manifest = json.loads((folder / "ward-pairs" / "manifest.json").read_text())
    assert len(manifest["pairs"]) == 3
    for pair in manifest["pairs"]:
        assert (folder / "ward-pairs" / pair["image"]).is_file()
        assert (folder / "ward-pairs" / pair["mask"]).is_file()


def retrain_and_promote(person: Person) -> None:
    person.click("retrain")
    dialog = person.window.findChild(RetrainDialog)
    texts = [label.text() for label in dialog.findChildren(QLabel)]
    assert any(text.startswith("3 reviewed: ") and "kept for the test" in text for text in texts)
    person.qtbot.keyClick(dialog, Qt.Key.Key_Return)  # "Start learning" is the default button
    use, back = button(dialog, "Use it all the same"), button(dialog, "Back to the one before")
    person.wait(lambda: use.isVisible() or back.isVisible())
    figures = [label.text() for label in dialog.findChildren(QLabel)]
    assert "Agreement with your corrections" in figures
    assert {"before", "new"} <= set(figures)
    if use.isVisible():  # what a tiny network learns in a moment need not pass
        assert person.session.models.active.name == "tiny"
        person.qtbot.mouseClick(use, Qt.MouseButton.LeftButton)
        assert "ward-retrained" in person.window.messages.text
    else:
        dialog.close()
    version = person.session.models.active
    assert version.name == "ward-retrained"
    assert "Retraining of tiny: ward-retrained" in (version.folder / "report.html").read_text(encoding="utf-8")
    assert not (version.folder.parents[1] / "retraining").exists()


def segment_with_the_new_model(person: Person) -> None:
    assert person.segment() == "ward-retrained"
    assert person.session.reviewing.status == "doing", "it has to be reviewed again"
    models = person.window.status.findChild(QComboBox, "model")
    assert [models.itemText(row) for row in range(models.count())] == ["tiny", "ward-retrained"]
    assert models.currentText() == "ward-retrained"
    models.setCurrentIndex(0)
    models.activated.emit(0)
    assert person.segment() == "tiny", "the old one can be chosen again"


def test_a_folder_dropped_on_the_window_opens(qtbot: QtBot, run_main, fields: Path) -> None:
    from PySide6.QtCore import QMimeData, QPointF, QUrl
    from PySide6.QtGui import QDragEnterEvent, QDropEvent
    from PySide6.QtWidgets import QApplication

    def script(window: MainWindow) -> None:
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(fields / "field1.png"))])
        actions, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        enter = QDragEnterEvent(QPoint(50, 50), actions, data, left, none)
        QApplication.sendEvent(window, enter)
        assert enter.isAccepted()
        QApplication.sendEvent(window, QDropEvent(QPointF(50, 50), actions, data, left, none))
        assert window.session.document.path.name == "field1.png"

    run_main([], script)


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 40])
def test_a_bad_file_is_one_sentence_in_the_window(qtbot: QtBot, run_main, fields: Path, content: bytes) -> None:
    bad = fields / "bad.png"
    bad.write_bytes(content)

    def script(window: MainWindow) -> None:
        qtbot.waitUntil(lambda: "bad.png" in window.messages.text)
        assert window.session.document is None

    run_main([str(bad)], script)


def test_a_stroke_cannot_start_on_a_project_that_another_window_holds(qtbot: QtBot, run_main, fields: Path) -> None:
    from bcseg_gui.core.project import Project

    def script(window: MainWindow) -> None:
        qtbot.waitUntil(lambda: window.session.document is not None)
        with Project.create(fields / "ward.bcseg"):
            person = Person(qtbot, window)
            person.press("B")
            person.stroke((60, 60), (80, 80))
            assert "already open" in window.messages.text
        person.stroke((60, 60), (80, 80))
        assert window.session.document.mask.read(Region(70, 70, 1, 1))[0, 0] == 1 | MANUAL

    run_main([str(fields)], script)


def test_cancel_leaves_the_picture_as_it_was(qtbot: QtBot, run_main, fields: Path) -> None:
    def script(window: MainWindow) -> None:
        person = Person(qtbot, window)
        person.wait(lambda: person.document is not None)
        person.click("segment")
        qtbot.mouseClick(button(window.status, "Cancel"), Qt.MouseButton.LeftButton)
        person.wait(lambda: not person.document.segmenting)
        assert window.messages.text == "Stopped. The picture is as it was before."
        assert not person.pixels().any()

    run_main([str(fields)], script)


def test_without_a_model_there_is_a_quick_first_draft(
    qtbot: QtBot, run_main, fields: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "resource", lambda *parts: tmp_path if parts == ("weights",) else resource(*parts))

    def script(window: MainWindow) -> None:
        person = Person(qtbot, window)
        person.wait(lambda: person.document is not None)
        person.press("B")
        person.stroke((60, 60), (80, 80))
        painted = person.pixels()
        person.click("segment")
        assert "No model" in window.messages.text

        person.choose("quick_segment")
        person.wait(lambda: not person.document.segmenting)
        found = person.pixels()
        truth = make_smear(320, 256, seed=0, cell_diameter=DIAMETER).mask > 0
        assert 2 * np.sum((found > 0) & truth) / (np.sum(found > 0) + truth.sum()) > 0.9
        np.testing.assert_array_equal(found[painted > 0], painted[painted > 0])
        assert person.document.mask.edits()[-1].model == "watershed"
        assert person.highlighted() == "reviewed"
        person.wait(lambda: int(window.cells.text) > 3)

        person.press("Ctrl+Z")
        np.testing.assert_array_equal(person.pixels(), painted)
        person.press("Ctrl+Shift+R")
        person.wait(lambda: not person.document.segmenting)
        np.testing.assert_array_equal(person.pixels(), found)

    run_main(["--lang", "en", str(fields / "field0.png")], script)


def test_the_compute_process_may_die(qtbot: QtBot, run_main, fields: Path) -> None:
    def script(window: MainWindow) -> None:
        person = Person(qtbot, window)
        person.wait(lambda: person.document is not None)
        person.click("segment")
        person.wait(multiprocessing.active_children)
        for child in multiprocessing.active_children():
            child.kill()
        person.wait(lambda: "stopped unexpectedly" in window.messages.text)
        assert not person.document.can_undo
        assert person.segment() == "tiny", "it is started again when it is needed"

    run_main([str(fields)], script)
