"""How long from starting the program to a window that has painted and answers.

    python benchmarks/startup.py [RUNS]

Beside it, in turn, a bare Qt window, which no PySide6 program can beat. Writes its table into RESULTS.md. Offscreen
unless QT_QPA_PLATFORM says otherwise.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from report import write_section

ROOT = Path(__file__).resolve().parents[1]

# The window is usable once it has painted and an event posted after that has come round.
READY = """
def usable(application):
    from PySide6.QtCore import QTimer
    def painted():
        if any(window.isVisible() for window in application.topLevelWidgets()):
            application.processEvents()
            print("usable", flush=True)
            QTimer.singleShot(0, application.closeAllWindows)
        else:
            QTimer.singleShot(1, painted)
    QTimer.singleShot(0, painted)
"""

APP = (
    READY
    + """
from bcseg_gui import app
make = app.make_application
def made(language):
    application = make(language)
    usable(application)
    return application
app.make_application = made
app.main([])
"""
)

BARE = (
    READY
    + """
from PySide6.QtWidgets import QApplication, QMainWindow
application = QApplication([])
window = QMainWindow()
window.show()
usable(application)
application.exec()
"""
)


def seconds(script: str, home: str) -> float:
    environment = os.environ | {"QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen"), "HOME": home}
    started = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, env=environment, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip() == "usable":
                taken = time.perf_counter() - started
                break
        else:
            raise RuntimeError("the window never came")
        process.wait(60)
    return taken


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with tempfile.TemporaryDirectory() as home:
        seconds(APP, home), seconds(BARE, home)  # once for the disk cache
        pairs = [(seconds(APP, home), seconds(BARE, home)) for _ in range(runs)]
    rows = [("program", "median s", "min s", "max s")]
    for name, times in (("bcseg-gui", [a for a, _ in pairs]), ("bare Qt window", [b for _, b in pairs])):
        rows.append((name, f"{statistics.median(times):.2f}", f"{min(times):.2f}", f"{max(times):.2f}"))
    ratio = statistics.median(a / b for a, b in pairs)
    write_section("Start to a usable window", rows, f"{runs} runs in turn; ratio pair by pair, median: {ratio:.2f}.")


if __name__ == "__main__":
    main()
