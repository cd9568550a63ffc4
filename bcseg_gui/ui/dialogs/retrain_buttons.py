"""The buttons of the retraining dialog, shown as its stage allows."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from bcseg_gui.core.i18n import _
from bcseg_gui.session.retraining import Retraining


class RetrainButtons(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.pictures = _button(_("Test pictures…"))
        self.more = _button(_("More figures"))
        self.more.setCheckable(True)
        self.report = _button(_("Report"))
        self.close_ = _button(_("Close"))
        self.cancel = _button(_("Cancel"))
        self.pause = _button(_("Pause"))
        self.anew = _button(_("Begin anew"))
        self.use = _button(_("Use it all the same"))
        self.back = _button(_("Back to the one before"))
        self.done = _button("", main=True)
        self.start = _button(_("Start learning"), main=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        for button in (self.pictures, self.more, self.report):
            row.addWidget(button)
        row.addStretch(1)
        right = (self.close_, self.cancel, self.pause, self.anew, self.use, self.back, self.done, self.start)
        for button in right:
            row.addWidget(button)
        self.start.setDefault(True)  # Enter starts; no stray key decides what becomes of the result

    def show_run(self, run: Retraining) -> None:
        stage = run.stage
        decision = run.result.decision if run.result is not None else None
        accepted = decision is not None and decision.promoted
        overrules = decision is None or decision.refused
        self.pictures.setVisible(stage == "ready" and not run.plan.parted)
        for button in (self.more, self.report, self.done):
            button.setVisible(stage == "result")
        if run.result is not None:
            self.done.setText(_("Close") if accepted else _("Keep the current one"))
        self.close_.setVisible(stage != "result")
        self.close_.setText(_("Go on working") if run.running else _("Close"))
        self.cancel.setVisible(stage in ("preparing", "training"))
        self.pause.setVisible(stage == "training")
        if stage == "training" and run.job is not None:
            for button in (self.cancel, self.pause):
                button.setEnabled(not run.job.cancelling)
        self.anew.setVisible(stage == "paused")
        self.use.setText(_("Use it all the same") if overrules else _("Use the new model"))
        self.use.setVisible(stage == "result" and not accepted)
        self.back.setVisible(stage == "result" and accepted)
        self.start.setText(_("Go on learning") if stage == "paused" else _("Start learning"))
        self.start.setVisible(stage in ("ready", "paused"))


def _button(text: str, *, main: bool = False) -> QPushButton:
    button = QPushButton(text)
    button.setAutoDefault(False)
    if main:
        button.setProperty("main", True)
    return button
