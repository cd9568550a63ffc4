from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QComboBox, QMainWindow, QWidget
from pytestqt.qtbot import QtBot

from bcseg_gui.compute.protocol import Progress
from bcseg_gui.core import i18n
from bcseg_gui.core.models import ModelVersion
from bcseg_gui.session.cell_size import CellSize
from bcseg_gui.session.models import EngineInfo
from bcseg_gui.ui.panels.cell_size import CellSizeBox
from bcseg_gui.ui.panels.page import PagePicker
from bcseg_gui.ui.panels.scale import ScaleBox
from bcseg_gui.ui.panels.status import StatusBar, model_titles

LARGE = (98_304, 98_304)


class Jobs(QObject):
    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.running: tuple[SimpleNamespace, ...] = ()
        self.is_trying = False

    def run(self, title: str, seconds_left: float) -> None:
        self.running = (SimpleNamespace(title=title, progress=Progress(1, 62, 100, seconds_left), cancelling=False),)
        self.changed.emit()


def version(name: str, teacher: str | None = None) -> ModelVersion:
    return ModelVersion(name, Path(name), "ternausnet16", ("cell",), 42, 105, None, teacher, {}, "", "", bundled=True)


def session(
    mpp: float | None = 0.25,
    given: float | None = None,
    pages: tuple[str, ...] = ("1",),
    page: int = 0,
    engines: dict[str, EngineInfo] | None = None,
) -> SimpleNamespace:
    slide = SimpleNamespace(dimensions=LARGE, mpp=mpp, objective_power=40.0, page_names=pages, page=page)
    versions = [version("ternausnet16-bbbc041"), version("ternausnet11-bbbc041", "ternausnet16-bbbc041")]
    return SimpleNamespace(
        document=SimpleNamespace(slide=slide),
        scale=SimpleNamespace(mpp=mpp or given, cell_size=CellSize(106.0, "person")),
        models=SimpleNamespace(versions=versions, active=versions[0], engine=(engines or {}).get),
    )


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


@pytest.fixture
def window(qtbot: QtBot) -> QMainWindow:
    window = QMainWindow()
    qtbot.addWidget(window)
    return window


@pytest.fixture
def status(jobs: Jobs, window: QMainWindow) -> StatusBar:
    status = StatusBar(jobs)  # type: ignore[arg-type]
    window.setStatusBar(status)
    resize(window, 1600)
    return status


@pytest.fixture
def french() -> Iterator[None]:
    i18n.install("fr")
    yield
    i18n.install("en")


def resize(window: QMainWindow, width: int) -> None:
    window.resize(width, 300)
    window.show()
    settle()


def settle() -> None:
    """Layouts request one another from the inside out, one event per step."""
    for _step in range(10):
        QCoreApplication.processEvents()


def named(status: StatusBar, name: str) -> QWidget:
    found = status.findChild(QWidget, name)
    assert found is not None
    return found


def places(status: StatusBar) -> dict[QWidget, tuple[int, int]]:
    parts = (
        named(status, "position"),
        named(status, "color"),
        status.findChild(ScaleBox),
        status.findChild(PagePicker),
        status.findChild(CellSizeBox),
        named(status, "model"),
    )
    return {part: (part.mapTo(status, part.rect().topLeft()).x(), part.width()) for part in parts if part.isVisible()}


def test_models_are_titled_by_speed_where_there_is_a_choice() -> None:
    large, small, mine = version("large"), version("small", "large"), version("mine")
    assert model_titles([large, small, mine]) == {
        "large": "accurate · large",
        "small": "fast · small",
        "mine": "accurate · mine",
    }
    assert model_titles([large, mine]) == {"large": "large", "mine": "mine"}


@pytest.mark.parametrize(
    ("engine", "expected"),
    [
        (None, "accurate."),
        (EngineInfo("openvino-int8"), "Computed by OpenVINO int8."),
        (EngineInfo("torch", 0.52), "Computed by PyTorch, last in 0.5 s."),
    ],
)
def test_the_tool_tip_says_what_runs_the_model(status: StatusBar, engine: EngineInfo | None, expected: str) -> None:
    status.show_session(session(engines={"ternausnet16-bbbc041": engine} if engine else {}))
    assert status.findChild(QComboBox, "model").toolTip().endswith(expected)


def test_it_tells_place_and_colour_under_the_pointer(status: StatusBar) -> None:
    status.show_session(session())
    status.show_position((48_211, 9_077), (231, 8, 194))
    assert named(status, "position").text() == "48211, 9077"
    assert named(status, "color").text().split() == ["·", "231", "8", "194"]
    status.show_position((5, 7))
    assert (named(status, "position").text(), named(status, "color").text()) == ("5, 7", "")
    status.show_position(None)
    assert (named(status, "position").text(), named(status, "color").text()) == ("", "")


def test_nothing_jumps_while_the_pointer_moves(window: QMainWindow, status: StatusBar) -> None:
    status.show_session(session())
    seen = set()
    for position, color in [(None, None), ((0, 0), (0, 0, 0)), ((98_303, 98_303), (255, 255, 255)), ((7, 7), None)]:
        status.show_position(position, color)
        settle()
        seen.add(tuple(places(status).values()))
        for label in (named(status, "position"), named(status, "color")):
            assert label.sizeHint().width() <= label.width(), "all of it is seen"
    assert len(seen) == 1


@pytest.mark.parametrize(("given", "shown"), [(None, "Set scale…"), (0.1, "0.1 µm/px · 40×")])
def test_a_scale_that_the_file_does_not_say_can_be_set(
    qtbot: QtBot, status: StatusBar, given: float | None, shown: str
) -> None:
    status.show_session(session(mpp=None, given=given))
    assert status.findChild(ScaleBox).button.isVisible()
    assert status.findChild(ScaleBox).button.text() == shown
    with qtbot.waitSignal(status.scaleChosen) as chosen:
        status.findChild(ScaleBox).chosen.emit(0.25)
    assert chosen.args == [0.25]


def test_a_scale_in_the_file_is_only_shown(status: StatusBar) -> None:
    status.show_session(session())
    assert not status.findChild(ScaleBox).button.isVisible()
    assert status.findChild(ScaleBox).label.text() == "0.25 µm/px · 40×"


def test_a_page_is_chosen(qtbot: QtBot, status: StatusBar) -> None:
    status.show_session(session())
    assert not status.findChild(PagePicker).isVisible()
    status.show_session(session(pages=("1", "2", "3"), page=1))
    assert status.findChild(PagePicker).isVisible()
    with qtbot.waitSignal(status.pageChosen) as chosen:
        qtbot.keyClick(status.findChild(PagePicker).box, Qt.Key.Key_Down)
    assert chosen.args == [2]


def dispensable(status: StatusBar) -> list[QWidget]:
    """The parts that may be hidden, the least needed first."""
    color, label, bar, position = (named(status, name) for name in ("color", "modelLabel", "progress", "position"))
    return [color, label, status.findChild(PagePicker).label, bar, position]


class LayoutRequests(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.LayoutRequest
        return False


def test_in_a_wide_window_everything_is_seen(window: QMainWindow, status: StatusBar, jobs: Jobs) -> None:
    status.show_session(session(pages=("smear", "thick drop")))
    jobs.run("Segmenting", 240.0)
    resize(window, 1600)
    for part in (*dispensable(status), named(status, "work"), named(status, "cancel")):
        assert part.isVisible()


@pytest.mark.usefixtures("french")
@pytest.mark.parametrize("width", [1024, 900])
def test_in_a_narrow_window_the_least_needed_goes_and_the_rest_fits(
    window: QMainWindow, jobs: Jobs, width: int
) -> None:
    status = StatusBar(jobs)  # type: ignore[arg-type]
    window.setStatusBar(status)
    status.show_session(session(pages=("smear", "thick drop")))
    jobs.run("Segmentation", 2400.0)
    resize(window, width)
    assert window.width() == width, "the line does not keep the window from being narrow"
    assert not named(status, "color").isVisible()
    for part in (
        status.findChild(ScaleBox).label,
        status.findChild(PagePicker).box,
        status.findChild(CellSizeBox).number,
        named(status, "work"),
        named(status, "cancel"),
    ):
        assert part.isVisible()
        left = part.mapTo(status, part.rect().topLeft()).x()
        assert left >= 0
        assert left + part.width() <= width
        assert part.width() >= part.minimumSizeHint().width()
    jobs.running = ()
    jobs.changed.emit()
    settle()
    assert named(status, "position").isVisible(), "there is room again"
    assert not named(status, "progress").isVisible()


def test_it_comes_to_rest(window: QMainWindow, status: StatusBar, jobs: Jobs) -> None:
    """Fitting requests a layout, which must not request fitting forever."""
    status.show_session(session(pages=("smear", "thick drop")))
    jobs.run("Segmenting", 240.0)
    for width in range(1400, 700, -20):
        resize(window, width)
        shown = [part.isVisible() for part in dispensable(status)]
        requests = LayoutRequests()
        status.installEventFilter(requests)
        QCoreApplication.processEvents()
        status.removeEventFilter(requests)
        assert requests.count == 0
        assert shown == sorted(shown), "what is needed least goes first"


def test_a_long_job_text_is_cut_but_full_in_its_tool_tip(window: QMainWindow, status: StatusBar, jobs: Jobs) -> None:
    status.show_session(session())
    jobs.run("Segmenting a slide whose name is very long indeed, beyond any reason, as names of slides are", 240.0)
    resize(window, 900)
    assert named(status, "work").width() < named(status, "work").sizeHint().width()
    assert named(status, "work").toolTip() == named(status, "work").text()
    assert named(status, "cancel").isVisible()
    assert named(status, "cancel").mapTo(status, named(status, "cancel").rect().topRight()).x() < 900


def test_the_first_use_of_a_model_has_words_and_can_be_stopped(status: StatusBar, jobs: Jobs) -> None:
    jobs.is_trying = True
    jobs.run("Segmenting", 4.0)
    assert named(status, "work").text() == "First use: trying what is fastest here…"
    assert named(status, "progress").maximum() == 0, "nobody knows how long"
    assert named(status, "cancel").isEnabled()
    jobs.is_trying = False
    jobs.changed.emit()
    assert named(status, "work").text() == "Segmenting 62 % · 4 s left"


def test_no_picture_no_scale(status: StatusBar) -> None:
    empty = session()
    empty.document, empty.cell_size, empty.mpp = None, None, None
    status.show_session(empty)
    assert not status.findChild(ScaleBox).isVisible()
    assert named(status, "model").isVisible()
