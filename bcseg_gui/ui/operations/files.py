"""Opening, importing, exporting, quitting."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.i18n import _, sentence
from bcseg_gui.core.slides import PICTURE_SUFFIXES, SLIDE_SUFFIXES
from bcseg_gui.session.importing import import_mask
from bcseg_gui.session.retraining import is_interrupted
from bcseg_gui.session.samples import sample_folder

from .. import messages
from .common import Context, busy, last_folder, remember_folder
from .learning import Learning


class Files(QObject):
    """Methods that actions run may raise UserError."""

    def __init__(self, context: Context, learning: Learning) -> None:
        super().__init__(context.window)
        self._session, self._view, self._messages = context.session, context.view, context.messages
        self._window, self._failures, self._learning = context.window, context.failures, learning
        self._refused: tuple[Path, ...] = ()
        """Paths that could not be opened last time"""
        self._failures.recovered.connect(self._recovered)

    def open(self) -> None:
        suffixes = " ".join(f"*{suffix} *{suffix.upper()}" for suffix in (*PICTURE_SUFFIXES, *SLIDE_SUFFIXES))
        files, _filter = QFileDialog.getOpenFileNames(
            self._window,
            _("Open pictures or slides"),
            last_folder(),
            ";;".join((_("Pictures and slides ({suffixes})").format(suffixes=suffixes), _("All files (*)"))),
        )
        if files:
            self.open_paths([Path(file) for file in files])

    def open_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self._window, _("Open a folder or a project"), last_folder())
        if folder:
            self.open_paths([Path(folder)])

    def open_sample(self) -> None:
        self.open_paths([sample_folder()])

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Open them together; ask first if that would stop a training. Failures are shown."""
        if not paths or not self._learning.may_stop_training(_("Open something else")):
            return
        self._view.settle()
        self._messages.hide()
        with busy():
            opened = self._failures.attempt(lambda: self._session.open(paths))
        self._refused = () if opened else tuple(paths)
        if opened:
            self._learning.stop_training()
            if is_interrupted(self._session.project):
                self._messages.inform(_("A retraining was interrupted. Press Retrain to go on with it."))
            remember_folder(paths[0])
            self._session.warm_up()

    def import_mask(self) -> None:
        document = self._session.document
        if document is None:
            return
        title = _("Import a mask of “{name}”").format(name=document.path.name)
        pictures = _("Masks ({suffixes})").format(suffixes="*.png *.tif *.tiff *.bmp")
        file, _filter = QFileDialog.getOpenFileName(
            self._window, title, last_folder(), ";;".join((pictures, _("All files (*)")))
        )
        if file:
            with busy():
                changed = import_mask(document, Path(file), {known.id for known in self._session.classes.list})
            if not changed:
                self._messages.inform(_("This mask is what the picture has already."))

    def export(self) -> None:
        from ..dialogs.export import ExportDialog

        project = self._session.project
        if project is None:
            return
        folder = QFileDialog.getExistingDirectory(
            self._window, _("Where shall the pictures and masks go?"), last_folder()
        )
        if folder:
            self._session.save()
            ExportDialog(project, Path(folder) / f"{project.name}-pairs", self._window).open()

    def quit(self) -> None:
        self._window.close()

    def may_close(self) -> bool:
        """Ask if a training would stop or unsaved work be lost."""
        return self._learning.may_stop_training(_("Quit")) and self._may_lose_unsaved()

    def _may_lose_unsaved(self) -> bool:
        try:
            self._session.save()
        except UserError as error:
            question = _("{problem} What you did last is not saved yet, and is lost when you quit now.")
            return messages.ask(self._window, question.format(problem=sentence(error)), _("Quit"), _("Go back"))
        return True

    def _recovered(self, text: str) -> None:
        if self._session.document is None and self._refused:
            self.open_paths(self._refused)
        self._messages.inform(text)
