from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from bcseg_gui.compute.protocol import EpochDone, Metrics, TrainResult
from bcseg_gui.core.retraining.gate import ClassFigures, Decision, Difference, Outcome, judge_target
from bcseg_gui.session.retraining_plan import Plan
from bcseg_gui.ui.dialogs.curves import Curves
from bcseg_gui.ui.dialogs.retrain import RetrainDialog
from bcseg_gui.ui.dialogs.target_boxes import TargetBoxes

METRICS = Metrics(3, 0.95, 0.9, 0.97, 0.1, 0.93, 0.05, 0.9)


class Run(QObject):
    """What the dialog uses of a `Retraining`."""

    changed = Signal()
    epoch = Signal(object)
    failed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.stage = "ready"
        self.plan = Plan(8, 2, 900.0, 200.0)
        self.rounds, self.rounds_done = 6, 2
        self.seconds: float | None = None
        self.gains: list[float] = []
        self.parent_model = SimpleNamespace(name="tiny")
        self.version = SimpleNamespace(name="ward-retrained", folder=Path("models/ward-retrained"))
        self.result: TrainResult | None = None
        self.parent_metrics: Metrics | None = None
        self.epochs: list[EpochDone] = []
        self.losses: list[tuple[float, float]] = []
        self.job = None
        self.called: list[str] = []

    @property
    def running(self) -> bool:
        return self.stage in ("preparing", "training")

    def __getattr__(self, name: str) -> object:
        if name == "aim":
            return lambda new_target: self.show_plan(replace(self.plan, new_target=new_target))
        if name == "include":
            return self.leave_out
        if name in ("start", "pause", "cancel", "estimate"):
            return lambda: self.called.append(name)
        if name in ("promote", "roll_back"):
            return lambda: self.called.append(name) or SimpleNamespace(name=name)
        raise AttributeError(name)

    def leave_out(self, name: str, wanted: bool) -> None:
        left_out = self.plan.left_out - {name} if wanted else self.plan.left_out | {name}
        self.show_plan(replace(self.plan, left_out=left_out))

    def show_plan(self, plan: Plan) -> None:
        self.plan = plan
        self.changed.emit()

    def go(self, stage: str) -> None:
        self.stage = stage
        self.changed.emit()

    def end(self, outcome: Outcome) -> None:
        gain = Difference(0.90, 0.94, 0.02, 0.05)
        decision = Decision(outcome, gain, gain, Difference(0.95, 0.90, -0.06, -0.04), weak=True)
        self.result = TrainResult(Path("new"), METRICS, METRICS, decision, 8, 60.0)
        self.go("result")


@pytest.fixture
def run(qtbot: QtBot) -> Run:
    return Run()


@pytest.fixture
def dialog(qtbot: QtBot, run: Run) -> RetrainDialog:
    window = QWidget()
    qtbot.addWidget(window)
    dialog = RetrainDialog(run, window)
    dialog.window_ = window
    dialog.show()
    return dialog


def buttons(dialog: RetrainDialog) -> set[str]:
    return {button.text() for button in dialog.findChildren(QPushButton) if button.isVisible()}


def press(dialog: RetrainDialog, text: str) -> None:
    next(button for button in dialog.findChildren(QPushButton) if button.text() == text and button.isVisible()).click()


def texts(dialog: RetrainDialog) -> str:
    return "\n".join(label.text() for label in dialog.findChildren(QLabel) if label.isVisible())


def test_before_it_starts_it_says_how_long_it_takes(dialog: RetrainDialog, run: Run) -> None:
    assert run.called == ["estimate"]
    assert "8 to learn from, 2 kept for the test" in texts(dialog)
    assert "Finding out" in texts(dialog)
    run.seconds = 420.0
    run.changed.emit()
    assert "about 7 min" in texts(dialog)
    assert buttons(dialog) == {"Start learning", "Close", "Test pictures…"}


def test_what_was_gained_before_tells_when_to_stop(dialog: RetrainDialog, run: Run) -> None:
    assert "points of agreement" not in texts(dialog)
    run.gains = [0.063, 0.002, -0.001]
    run.changed.emit()
    assert "+6.3 · +0.2 · -0.1." in texts(dialog)


def test_of_one_picture_a_part_is_kept(dialog: RetrainDialog, run: Run) -> None:
    run.plan = Plan(1, 1, parted=True)
    run.changed.emit()
    assert "a part of it is kept for the test" in texts(dialog)
    assert "Test pictures…" not in buttons(dialog)


def test_it_can_be_paused_cancelled_and_left_alone(dialog: RetrainDialog, run: Run) -> None:
    run.go("training")
    assert buttons(dialog) == {"Pause", "Cancel", "Go on working"}
    press(dialog, "Pause")
    press(dialog, "Cancel")
    assert run.called[-2:] == ["pause", "cancel"]
    dialog.close()
    assert not dialog.isVisible()
    run.end("better")
    assert dialog.isVisible(), "it comes back with the result"


def test_what_was_interrupted_is_gone_on_with_or_begun_anew(qtbot: QtBot, dialog: RetrainDialog, run: Run) -> None:
    run.go("paused")
    assert "after round 2 of 6" in texts(dialog)
    assert buttons(dialog) == {"Go on learning", "Begin anew", "Close"}
    press(dialog, "Go on learning")
    with qtbot.waitSignal(dialog.anew):
        press(dialog, "Begin anew")
    assert run.called[-2:] == ["start", "cancel"]


def test_a_better_one_is_in_use_and_one_click_leads_back(qtbot: QtBot, dialog: RetrainDialog, run: Run) -> None:
    run.end("better")
    assert "94.0\u202f% instead of 90.0\u202f%" in texts(dialog)
    assert "“ward-retrained” finds the cells from now on." in texts(dialog)
    assert "weak evidence" in texts(dialog)
    assert "Use it all the same" not in buttons(dialog)
    with qtbot.waitSignal(dialog.promoted):
        press(dialog, "Back to the one before")
    assert run.called[-1] == "roll_back"


def test_a_refused_one_says_why_and_can_be_used_all_the_same(qtbot: QtBot, dialog: RetrainDialog, run: Run) -> None:
    run.end("forgets")
    assert "fell from 95.0\u202f% to 90.0\u202f%" in texts(dialog)
    assert "the new one is kept as “ward-retrained”" in texts(dialog)
    assert {"Keep the current one", "Use it all the same"} <= buttons(dialog)
    with qtbot.waitSignal(dialog.promoted):
        press(dialog, "Use it all the same")
    assert run.called[-1] == "promote"


def test_the_report_is_a_click_away(
    qtbot: QtBot, dialog: RetrainDialog, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", opened.append)
    run.end("better")
    press(dialog, "Report")
    assert opened[0].toLocalFile().endswith("ward-retrained/report.html")


def test_the_curves_show_the_model_in_use_as_a_line(dialog: RetrainDialog, run: Run) -> None:
    run.parent_metrics = METRICS
    run.epochs = [EpochDone(1, 1, 6, 0.9, 0.3, 0.96, 0.2, 0.94, 0.88, 0.91, 10.0)]
    run.go("training")
    curves = dialog.findChild(Curves)
    assert {name: series.before.value() for name, series in curves.series.items()} == pytest.approx(
        {"val_loss": 0.1, "val_dice": 95.0, "val_f1": 93.0, "val_accuracy": 97.0}
    )
    assert all(series.before.isVisible() for series in curves.series.values())
    assert curves.series["val_f1"].dots.getData()[1].tolist() == [91.0]


WHITE = ClassFigures("white cell", True, 2, 9, 0.93, 0.88, 0.95, 0.1)


def test_new_classes_are_said_before_it_starts(dialog: RetrainDialog, run: Run) -> None:
    assert "new class" not in texts(dialog)
    drawn = {"cell": 1, "white cell": 2, "platelet": 3}
    run.show_plan(Plan(8, 2, drawn=drawn, tested=frozenset(["cell", "platelet"]), known={"cell": 1}))
    assert "The model will learn 2 new classes: white cell, platelet." in texts(dialog)
    assert "No test picture holds white cell, so the model will not be accepted" in texts(dialog)


def test_another_target_is_a_second_choice_and_nothing_decides_for_the_person(
    qtbot: QtBot, dialog: RetrainDialog, run: Run
) -> None:
    run.show_plan(Plan(8, 2, drawn={"white cell": 2}, tested=frozenset(["white cell"]), known={"cell": 1}))
    aim = dialog.findChild(QComboBox)
    assert aim.isVisible()
    aim.setCurrentIndex(1)
    aim.activated.emit(1)
    assert run.plan.new_target
    assert "nothing else: white cell." in texts(dialog)
    run.result = TrainResult(Path("new"), None, METRICS, judge_target([WHITE], slides=2), 8, 60.0)
    run.go("result")
    assert not aim.isVisible()
    assert "Agreement on: white cell" in texts(dialog)
    assert "white cell (93.0\u202f%)" in texts(dialog)
    assert {"Keep the current one", "Use the new model"} <= buttons(dialog)
    with qtbot.waitSignal(dialog.promoted):
        press(dialog, "Use the new model")


def test_a_new_target_is_of_the_classes_that_are_ticked(dialog: RetrainDialog, run: Run) -> None:
    run.show_plan(Plan(8, 2, 900.0, 200.0, drawn={"cell": 1, "R&D": 2}, tested=frozenset({"cell", "R&D"})))
    boxes = {box.text(): box for box in dialog.findChild(TargetBoxes).findChildren(QCheckBox)}
    assert list(boxes) == ["cell", "R&&D"]
    assert not boxes["cell"].isVisible(), "what there is to improve is what the model knows"
    aim = dialog.findChild(QComboBox)
    aim.setCurrentIndex(1)
    aim.activated.emit(1)
    assert all(box.isVisible() and box.isChecked() and box.isEnabled() for box in boxes.values())
    boxes["cell"].click()
    assert run.plan.targets == {"R&D": 2}
    assert "nothing else: R&D." in texts(dialog)
    assert not boxes["R&&D"].isEnabled(), "the last one stays"
    boxes["cell"].click()
    assert list(run.plan.targets) == ["cell", "R&D"]
