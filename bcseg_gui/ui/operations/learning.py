"""What to correct next, retraining, and models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QFileDialog

from bcseg_gui.core.geometry import Region
from bcseg_gui.core.i18n import _
from bcseg_gui.session.next_up import Suggested, count_worth_it
from bcseg_gui.session.retraining import Retraining

from .. import messages
from .common import Context, last_folder
from .view import Viewing

if TYPE_CHECKING:
    from ..dialogs.retrain import RetrainDialog


class Learning(QObject):
    """Methods that actions run may raise UserError."""

    def __init__(self, context: Context, viewing: Viewing) -> None:
        super().__init__(context.window)
        self._session, self._view, self._messages = context.session, context.view, context.messages
        self._window, self._failures, self._viewing = context.window, context.failures, viewing
        self._training: tuple[Retraining, RetrainDialog] | None = None

    # -- what to correct next -------------------------------------------------------------------------------------

    def go_to_next_spot(self) -> None:
        """Go to the next spot that the model doubts; rank the pictures first if needed."""
        next_up = self._session.next_up
        if (found := next_up.next_spot()) is not None:
            self.go_to(*found)
        elif count_worth_it(next_up.suggestions):
            next_up.begin_anew()
            self._messages.inform(_("You have been to all places that the model doubts. Press Ctrl+J to begin anew."))
        elif any(not each.done for each in next_up.suggestions):
            self._messages.inform(_("What is left would teach the model little."))
        else:
            next_up.rank()

    def ranked(self) -> None:
        """Call after a ranking: go to the first spot, unless the user is busy with something else."""
        next_up = self._session.next_up
        found = next_up.next_spot(stay=False)
        if not next_up.suggestions:
            self._messages.inform(_("None of these pictures could be read."))
        elif found is None:
            self._messages.inform(_("The model is sure of the pictures that are left."))
        elif not next_up.is_waited_for or self._view.is_busy or QApplication.activeModalWidget() is not None:
            self._messages.inform(_("The pictures are sorted. Press Ctrl+J to go to what the model doubts."))
        else:
            self.go_to(*found)

    def go_to(self, suggested: Suggested, spot: Region) -> None:
        """Show a spot, opening its picture if needed."""
        place = self._session.worklist.place(suggested.path)
        if place != self._session.index:
            self._viewing.select(place)
        if place == self._session.index:  # otherwise it did not open, and the failure is shown
            self._view.settle()
            self._view.show_spot(spot)
            self._session.next_up.went_to(suggested, spot)

    # -- retraining -----------------------------------------------------------------------------------------------

    @property
    def retraining(self) -> Retraining | None:
        """The retraining in the dialog; None while there is no dialog."""
        return self._training[0] if self._training is not None else None

    def retrain(self) -> None:
        from ..dialogs.retrain import RetrainDialog

        if self._training is None:
            session = self._session
            retraining = Retraining(session.project, session.models, session.jobs, session.save, self)
            dialog = RetrainDialog(retraining, self._window)
            dialog.finished.connect(self.stop_training)
            dialog.failed.connect(self._messages.problem)
            dialog.anew.connect(self._retrain_anew)
            dialog.promoted.connect(self._say_active)
            self._training = retraining, dialog
        dialog = self._training[1]
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()

    def _retrain_anew(self) -> None:
        self.stop_training()
        self._failures.attempt(self.retrain)

    def stop_training(self) -> None:
        """Stop the training and close the dialog; what was learnt so far is kept."""
        if self._training is not None:
            retraining, dialog = self._training
            self._training = None
            retraining.stop()
            retraining.deleteLater()
            dialog.deleteLater()

    def may_stop_training(self, action: str) -> bool:
        """Ask if `action` would stop a running training."""
        if self.retraining is None or not self.retraining.running:
            return True
        question = _("The model is still learning. It stops now, and can go on from here when you press Retrain.")
        return messages.ask(self._window, question, action, _("Keep learning"))

    # -- models ---------------------------------------------------------------------------------------------------

    def show_models(self) -> None:
        from ..dialogs.models import ModelsDialog

        dialog = ModelsDialog(self._session.models, self._window)
        dialog.compare.connect(lambda left, right: self._failures.attempt(lambda: self._compare(left, right)))
        dialog.open()

    def _compare(self, left: str, right: str) -> None:
        from bcseg_gui.session.comparing import Comparing

        from ..dialogs.compare import CompareDialog

        session, visible = self._session, self._view.visible_region()
        comparing = Comparing(session.document, session.scale.cell_size, session.jobs, visible)
        CompareDialog(comparing, self._session, left, right, self._window).open()

    def import_model(self) -> None:
        folder = QFileDialog.getExistingDirectory(self._window, _("Choose a model folder"), last_folder())
        if folder:
            self._say_active(self._session.models.import_model(Path(folder)).name)

    def _say_active(self, model: str) -> None:
        self._messages.inform(_("“{model}” finds the cells from now on.").format(model=model))
