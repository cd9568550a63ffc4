"""The whole window without a compute process: what stays visible, who has the focus, what Cancel stops."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PySide6.QtCore import QCoreApplication, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QLabel, QListView, QPushButton
from pytestqt.qtbot import QtBot

from bcseg_gui import app
from bcseg_gui.compute.protocol import Finished, Progress, Rank, RankResult, WarmUp
from bcseg_gui.core import i18n
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.retraining.ranking import Suggestion
from bcseg_gui.session.samples import sample_folder
from bcseg_gui.ui.dialogs.slide_info import SlideInfoDialog
from bcseg_gui.ui.main_window import MainWindow
from bcseg_gui.ui.panels.gains import GainPanel
from bcseg_gui.ui.panels.scale import ScaleBox
from bcseg_gui.ui.toolbar import TOOLBAR
from bcseg_gui.ui.tools.table import TOOLS
from bcseg_gui.ui.widgets.number_box import NumberBox


def point_at(window: MainWindow, place: QPoint) -> None:
    QTest.mouseMove(window.view.viewport(), place)
    QCoreApplication.processEvents()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_small_window_hides_no_action(qtbot: QtBot, language: str) -> None:
    i18n.install(language)
    running = app.Running(app.Options())
    window = running.window
    qtbot.addWidget(window)
    for width in (1600, 1024):
        window.resize(width, 700)
        window.show()
        QCoreApplication.processEvents()
        window.session.open([sample_folder()])
        on_toolbar = [key for group in TOOLBAR for key in group]
        for key in (*on_toolbar, *TOOLS):
            button = (window.toolbar if key in on_toolbar else window.strip).widgetForAction(window.actions_[key])
            assert button.isVisible(), key
            assert button.geometry().right() < window.width(), key
    window.close()


def in_sight(window: MainWindow) -> bool:
    """Whether the message bar is on top at its centre."""
    bar = window.messages
    found = window.childAt(bar.mapTo(window, bar.rect().center()))
    return found is not None and (found is bar or bar.isAncestorOf(found))


def test_a_message_does_not_move_the_picture(window: MainWindow) -> None:
    before = window.view.geometry()
    window.messages.inform("Something to say")
    QCoreApplication.processEvents()
    assert window.view.geometry() == before
    assert in_sight(window)


def test_a_picture_that_does_not_open_says_so_and_is_not_marked_as_open(window: MainWindow, tmp_path: Path) -> None:
    (tmp_path / "b.png").write_bytes(b"no picture")
    rows = window.worklist.findChild(QListView, "worklist")
    QTest.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=rows.visualRect(rows.model().index(1, 0)).center())
    QCoreApplication.processEvents()
    assert "b.png" in window.messages.text
    assert in_sight(window)
    assert [index.row() for index in rows.selectedIndexes()] == [0]
    assert window.session.index == 0


def test_what_was_said_ends_with_the_next_picture(window: MainWindow) -> None:
    window.messages.problem(RuntimeError("of the first picture"))
    window.actions_["next"].trigger()
    assert window.session.index == 1
    assert window.messages.text == ""


def test_the_pointer_over_the_picture_brings_the_keyboard_there(window: MainWindow) -> None:
    box = window.overlay.findChild(QCheckBox)
    box.setFocus()
    point_at(window, QPoint(50, 50))
    assert window.view.hasFocus()


def test_a_number_is_typed_out_while_the_pointer_moves(window: MainWindow) -> None:
    window.actions_["brush"].trigger()
    number = window.options.findChild(NumberBox)
    number.setFocus()
    point_at(window, QPoint(60, 60))
    assert number.hasFocus()
    number.selectAll()
    QTest.keyClicks(number, "24")
    QTest.keyClick(number, Qt.Key.Key_Return)
    assert window.session.document is not None
    assert window.session.tools.brush_radius == 12
    point_at(window, QPoint(61, 61))
    assert window.view.hasFocus()


def test_the_arrows_go_through_the_list_of_pictures(window: MainWindow) -> None:
    rows = window.worklist.findChild(QListView, "worklist")
    rows.setFocus()
    QTest.keyClick(rows, Qt.Key.Key_Down)
    QCoreApplication.processEvents()
    QCoreApplication.processEvents()
    assert window.session.index == 1
    assert rows.hasFocus()
    QTest.keyClick(rows, Qt.Key.Key_Up)
    QCoreApplication.processEvents()
    QCoreApplication.processEvents()
    assert window.session.index == 0


def test_enter_on_an_untouched_picture_does_not_review_it(window: MainWindow) -> None:
    QTest.keyClick(window, Qt.Key.Key_Return)
    assert window.session.reviewing.count == 0
    assert not window.actions_["reviewed"].isEnabled()
    document = window.session.document
    assert document is not None
    document.begin_stroke("brush", 1)
    document.paint(document.whole, np.ones((300, 400), np.bool_))
    document.end_stroke()
    assert window.actions_["reviewed"].isEnabled()


def test_cancel_stops_what_was_asked_for_last(running: app.Running, monkeypatch: pytest.MonkeyPatch) -> None:
    cancelled: list[int] = []
    monkeypatch.setattr(running.client, "cancel", cancelled.append)
    status = running.window.status
    learning = running.jobs.start(lambda number: WarmUp(number, Path()), "Learning")
    running.client.received.emit(Progress(learning.number, 1, 4, 80.0))
    segmenting = running.jobs.start(lambda number: WarmUp(number, Path()), "Segmenting")
    assert status.findChild(QLabel, "work").text() == "Segmenting waits · Learning 25 % · 80 s left"
    status.findChild(QPushButton, "cancel").click()
    assert cancelled == [segmenting.number]


def test_a_picked_white_becomes_white_and_the_tool_comes_back(window: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: window.view.pixel_value(200, 150) == (200, 200, 200))
    window.look.pick.click()
    QTest.mouseClick(window.view.viewport(), Qt.MouseButton.LeftButton, pos=window.view.mapFromScene(200, 150))
    document = window.session.document
    assert document is not None
    assert document.look.white == (200, 200, 200)
    assert window.look.look == document.look
    middle = window.view.mapFromScene(200, 150)
    qtbot.waitUntil(lambda: window.view.viewport().grab().toImage().pixelColor(middle).red() == 255)
    assert window.view.pixel_value(200, 150) == (200, 200, 200), "the slide stays as it is"
    assert not window.look.picking
    assert window.actions_["pan"].isChecked()


def test_the_look_stays_from_picture_to_picture(window: MainWindow) -> None:
    window.look.brightness.slider.setValue(40)
    window.actions_["next"].trigger()
    assert window.look.look.brightness == 0.4
    assert window.session.document is not None
    assert window.session.document.look == window.look.look


def test_the_selection_belongs_to_the_picture(window: MainWindow) -> None:
    assert not window.actions_["segment_selection"].isEnabled()
    window.actions_["select_rectangle"].trigger()
    port, corner, opposite = window.view.viewport(), *(window.view.mapFromScene(x, x) for x in (50, 200))
    QTest.mousePress(port, Qt.MouseButton.LeftButton, pos=corner)
    QTest.mouseMove(port, opposite)
    QTest.mouseRelease(port, Qt.MouseButton.LeftButton, pos=opposite)
    assert window.actions_["segment_selection"].isEnabled()
    window.actions_["next"].trigger()
    assert window.view.selection == ()
    assert not window.actions_["segment_selection"].isEnabled()


def test_a_scale_that_is_given_shows_in_the_view(window: MainWindow) -> None:
    window.status.scaleChosen.emit(0.25)
    assert window.session.scale.mpp == 0.25
    assert "0.25" in window.status.findChild(ScaleBox).button.text()


def test_another_page_of_a_file(running: app.Running, tmp_path: Path) -> None:
    window = running.window
    path = tmp_path / "stack.tif"
    with tifffile.TiffWriter(path) as tiff:
        for grey in (60, 180):
            tiff.write(np.full((300, 400, 3), grey, np.uint8), photometric="rgb", metadata=None)
    window.operations.files.open_paths([path])
    document = window.session.document
    assert document is not None
    document.begin_stroke("brush", 1)
    document.paint(document.whole, np.ones((300, 400), np.bool_))
    document.end_stroke()
    window.status.pageChosen.emit(1)
    turned = window.session.document
    assert turned is not None
    assert turned.slide.page == 1
    assert turned.mask is None or not turned.mask.read(turned.whole).any(), "each page has cells of its own"
    window.status.pageChosen.emit(0)
    assert window.session.document is not None
    assert window.session.document.mask is not None
    assert window.session.document.mask.read(turned.whole).all()


def test_what_the_file_says_is_shown(window: MainWindow, qtbot: QtBot) -> None:
    window.actions_["slide_info"].trigger()
    dialog = window.findChild(SlideInfoDialog)
    assert dialog is not None
    assert dialog.isVisible()
    assert any("400 × 300 px" in label.text() for label in dialog.findChildren(QLabel))
    dialog.close()


LEFT, RIGHT = Region(0, 0, 100, 100), Region(300, 0, 100, 100)


@pytest.fixture
def asked(running: app.Running, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Collect the requests to the compute process from now on."""
    asked: list[object] = []
    monkeypatch.setattr(running.client, "submit", asked.append)
    return asked


def press_ctrl_j(window: MainWindow) -> None:
    QTest.keyClick(window, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)


def looks(asked: list[object]) -> list[Rank]:
    return [work for work in asked if isinstance(work, Rank)]


def answer(running: app.Running, asked: list[object], *order: Suggestion) -> None:
    running.client.received.emit(Finished(looks(asked)[-1].job, RankResult(order)))


def shown(window: MainWindow) -> tuple[int, str]:
    """Return the picture in front and the spot that fills the view."""
    seen = window.view.visible_region()
    assert seen.w < 400, "it is shown large"
    spot = RIGHT if RIGHT.is_mostly_in(seen) else LEFT
    assert spot.intersected(seen).area >= 0.95 * spot.area
    return window.session.index, "right" if spot is RIGHT else "left"


def test_one_key_goes_from_doubt_to_doubt(running: app.Running, asked: list[object]) -> None:
    window = running.window
    press_ctrl_j(window)
    answer(running, asked, Suggestion(1, 8, (RIGHT, LEFT)), Suggestion(0, 2, (LEFT,)))
    seen = []
    for _ in range(3):
        seen.append(shown(window))
        press_ctrl_j(window)
    assert seen == [(1, "right"), (1, "left"), (0, "left")]
    assert "all places" in window.messages.text
    press_ctrl_j(window)
    assert shown(window)[0] == 0, "anew, with the picture in front"
    assert len(looks(asked)) == 1, "it need not look again"


def test_a_click_on_a_bar_goes_to_its_spot(running: app.Running, asked: list[object], qtbot: QtBot) -> None:
    window = running.window
    press_ctrl_j(window)
    answer(running, asked, Suggestion(0, 8, (LEFT,)), Suggestion(0, 4, (RIGHT,)), Suggestion(1, 2, (RIGHT,)))
    panel = window.worklist.findChild(GainPanel)
    qtbot.waitUntil(panel.isVisible)
    for number, there in enumerate([(0, "left"), (0, "right"), (1, "right")]):
        panel.chosen.emit(number)
        assert shown(window) == there


def test_who_went_on_meanwhile_is_not_taken_away(running: app.Running, asked: list[object]) -> None:
    window = running.window
    press_ctrl_j(window)
    window.actions_["next"].trigger()
    answer(running, asked, Suggestion(0, 8, (LEFT,)))
    assert window.session.index == 1
    assert "Ctrl+J" in window.messages.text
    press_ctrl_j(window)
    assert shown(window) == (0, "left")


@pytest.mark.parametrize(
    ("order", "expected"), [((Suggestion(0, 0.0, ()), Suggestion(1, 0.0, ())), "sure"), ((), "could be read")]
)
def test_where_there_is_nothing_to_go_to_that_is_said(
    running: app.Running, asked: list[object], order: tuple[Suggestion, ...], expected: str
) -> None:
    running.window.actions_["next_up"].trigger()
    answer(running, asked, *order)
    assert expected in running.window.messages.text
