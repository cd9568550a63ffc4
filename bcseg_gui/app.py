"""The composition root: reads the command line and puts session, compute process and window together."""

from __future__ import annotations

import argparse
import logging
import logging.handlers
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QLibraryInfo, QLocale, QObject, QTimer, QTranslator, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from .compute.client import ComputeClient
from .core import i18n
from .core.locations import log_folder, model_library
from .core.resources import resource
from .session.jobs import Jobs
from .session.session import Session
from .ui import theme
from .ui.main_window import MainWindow
from .ui.slide_view.memory import return_freed_tiles

NAME = "bcseg-gui"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line said."""

    paths: tuple[Path, ...] = ()
    language: str | None = None
    sample: bool = False


def main(argv: Sequence[str] | None = None) -> int:
    """Run the app until its window is closed. `argv` without the program's name."""
    options = parse(sys.argv[1:] if argv is None else argv)
    language = i18n.install(options.language)
    start_log()
    application = make_application(language)
    return_freed_tiles()
    running = Running(options)
    running.install_excepthook()
    running.window.show()
    code = application.exec()
    log.info("Ended with code %d", code)
    return code


def parse(argv: Sequence[str]) -> Options:
    parser = argparse.ArgumentParser(
        prog=NAME, description="Segment the cells of a blood smear, correct them, and retrain the model."
    )
    parser.add_argument("paths", metavar="PATH", nargs="*", type=Path, help="pictures, slides, a folder or a project")
    parser.add_argument("--lang", choices=i18n.LANGUAGES, help="language of the window")
    parser.add_argument("--sample", action="store_true", help="open the sample smear")
    given = parser.parse_args(list(argv))
    return Options(tuple(given.paths), given.lang, given.sample)


def make_application(language: str) -> QApplication:
    """The one QApplication, dressed and speaking `language` in Qt's own dialogs too."""
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        application = QApplication([NAME])
    application.setApplicationName(NAME)
    application.setOrganizationName(NAME)
    application.setDesktopFileName(NAME)
    application.setWindowIcon(QIcon(str(resource("icons", "app.svg"))))
    QLocale.setDefault(QLocale(language))
    translator = QTranslator(application)
    if translator.load(f"qtbase_{language}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)):
        application.installTranslator(translator)
    theme.apply(application)
    return application


class Running(QObject):
    """The app while it runs. Everything is let go when the window is closed."""

    _surprised = Signal(object)

    def __init__(self, options: Options) -> None:
        super().__init__()
        self.client = ComputeClient(self)
        self.jobs = Jobs(self.client, self)
        self.session = Session(self.jobs, resource("weights"), model_library(), self)
        self.window = MainWindow(self.session)
        self.window.closed.connect(self._closed)
        # A signal, because an exception may come up in any thread.
        self._surprised.connect(self.window.messages.problem)
        # After the first paint: the window comes first, then what it will need.
        QTimer.singleShot(0, self, lambda: self._begin(options))

    def install_excepthook(self) -> None:
        """From now on an exception that nobody caught is logged and told in one sentence, and the app goes on."""
        sys.excepthook = self._unforeseen

    def _begin(self, options: Options) -> None:
        self.client.start()
        if options.sample:
            self.window.operations.files.open_sample()
        elif options.paths:
            self.window.operations.files.open_paths(options.paths)

    def _closed(self) -> None:
        self.client.shutdown()

    def _unforeseen(self, kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        # Without its text, which may hold the name of a file and so of a patient.
        log.error("Unforeseen %s\n%s", kind.__name__, "".join(traceback.format_tb(where)))
        self._surprised.emit(error)


def start_log() -> None:
    """Log to a small rotating file; where none can be written the app runs without."""
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    handlers: list[logging.Handler] = []
    if sys.stderr is not None:  # a program without a console has none
        handlers.append(logging.StreamHandler())
        handlers[0].setLevel(logging.WARNING)
    with suppress(OSError):
        path = log_folder() / f"{NAME}.log"
        handlers.append(logging.handlers.RotatingFileHandler(path, maxBytes=1_000_000, backupCount=3, encoding="utf-8"))
    for handler in handlers:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        root.addHandler(handler)
