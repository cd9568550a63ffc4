"""What is lost when the program is killed: the real one, painting by itself, killed again and again.

    python benchmarks/kill.py ROUNDS [--seed N] [--json]

After each kill the mask is opened and compared, pixel by pixel, with a plain array that was painted beside it. Every
second kill comes at a random moment, the others within milliseconds after a pen was lifted. The picture is the same for
ten rounds, so that what a kill left is painted on. Ends with 1 when anything finished was lost. Writes its table into
RESULTS.md; with --json it prints the figures instead.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from report import write_section

from bcseg_gui.core.errors import UserError
from bcseg_gui.core.geometry import Region
from bcseg_gui.core.masks import EditState, Mask
from bcseg_gui.core.project import Project

ROOT = Path(__file__).resolve().parents[1]
DRIVER = ROOT / "tests" / "e2e" / "kill_driver.py"
SIZE = (700, 600)
ROUNDS_A_PICTURE = 10
LONGEST = 1.5
"""Seconds from the first operation to the kill."""
START_LIMIT = 300.0
"""Only spent when the program hangs; a machine that is busy takes a while to start it."""


@dataclass(frozen=True, slots=True)
class Round:
    """How many operations were lifted, called saved, and found in the file; `problem`: what is wrong with that."""

    seed: int
    lifted: int
    saved: int
    found: int
    problem: str = ""

    @property
    def missing(self) -> int:
        return max(0, self.lifted - self.found)


def play(picture: Path, seed: int) -> Round:
    moments = random.Random(seed)
    command = [sys.executable, str(DRIVER), str(picture), str(seed)]
    own = {name: str(picture.parents[1] / "home") for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "APPDATA")}
    environment = {"QT_QPA_PLATFORM": "offscreen", **os.environ, **own, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as program:
        assert program.stdout is not None
        watchdog = threading.Timer(START_LIMIT, program.kill)
        watchdog.start()
        lines: list[str] = []
        for line in program.stdout:
            lines.append(line)
            if line.startswith("lifted"):
                break
        watchdog.cancel()
        if seed % 2:
            timer = threading.Timer(moments.uniform(0, LONGEST), program.kill)
            timer.start()
            lines.extend(program.stdout)
        else:
            after = moments.randint(2, 60)  # the first has come already
            for line in program.stdout:
                lines.append(line)
                if line.startswith("lifted") and int(line.split()[1]) >= after:
                    time.sleep(moments.uniform(0, 0.006))
                    break
            program.kill()
            lines.extend(program.stdout)
    return judged(picture, seed, [line.split() for line in lines if line.endswith("\n")])


def judged(picture: Path, seed: int, lines: list[list[str]]) -> Round:
    states = dict(_states(lines))
    lifted, saved = _last(lines, "lifted"), _last(lines, "saved")
    if not lifted:
        return Round(seed, 0, 0, 0, "the program did not start painting")
    try:
        state = state_of(picture)
    except (UserError, sqlite3.Error) as error:
        return Round(seed, lifted, saved, 0, str(error))
    found = max((number for number, each in states.items() if each == state), default=-1)
    problem = ""
    if found < 0:
        problem = "what is in the file is none of the states it had"
    elif found < saved:
        problem = f"{saved} operations were called saved, {found} are there"
    elif found < lifted:
        problem = f"{lifted - found} finished operations are missing"
    return Round(seed, lifted, saved, max(0, found), problem)


def _states(lines: list[list[str]]) -> Iterator[tuple[int, str]]:
    """After so many operations."""
    for words in lines:
        if words[0] in ("start", "doing"):
            yield (int(words[1]) if words[0] == "doing" else 0), words[-1]


def _last(lines: list[list[str]], what: str) -> int:
    return max((int(words[1]) for words in lines if words[0] == what), default=0)


def state_of(picture: Path) -> str:
    """As the driver prints it. Raises UserError or sqlite3.Error when the file cannot be read or is damaged."""
    with Project.open(Project.beside(picture)) as project:
        path = project.mask_path(project.slides[0])
    whole = Region(0, 0, *SIZE)
    with Mask.open(path, SIZE, owns=True) as mask:
        pixels, edits = mask.read(whole), mask.edits()
    with closing(sqlite3.connect(path)) as db:
        found = db.execute("PRAGMA integrity_check").fetchone()[0]
    if found != "ok":
        raise sqlite3.DatabaseError(found)
    copy = shutil.copyfile(path, path.with_name("copy.sqlite"))
    with Mask.open(copy, SIZE) as mask:
        mask.jump(0)
        if mask.read(whole).any():
            raise sqlite3.DatabaseError("with all edits taken back something is left")
    copy.unlink()
    done = sum(edit.state is EditState.DONE for edit in edits)
    return f"{zlib.crc32(pixels)}/{done}/{len(edits)}"


def rounds(count: int, first_seed: int) -> Iterator[Round]:
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            picture = Path(folder) / f"ward{number // ROUNDS_A_PICTURE}" / "field.png"
            if not picture.exists():
                picture.parent.mkdir()
                Image.new("RGB", SIZE, (220, 180, 190)).save(picture)
            yield play(picture, first_seed + number)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rounds", type=int)
    parser.add_argument("--seed", type=int, help="of the first round; default: another each time")
    parser.add_argument("--json", action="store_true", help="print figures, leave RESULTS.md as it is")
    choice = parser.parse_args()
    first_seed = random.randrange(1_000_000) if choice.seed is None else choice.seed
    started = time.monotonic()
    played = []
    for each in rounds(choice.rounds, first_seed):
        played.append(each)
        if each.problem:
            print(f"round {each.seed}: {each.problem}", file=sys.stderr, flush=True)
    minutes = (time.monotonic() - started) / 60
    figures = {
        "rounds": len(played),
        "first seed": first_seed,
        "operations": sum(each.lifted for each in played),
        "finished operations lost": sum(each.missing for each in played),
        "of those called saved": sum(max(0, each.saved - each.found) for each in played),
        "files damaged or wrong": sum(bool(each.problem) for each in played),
        "rounds a minute": round(len(played) / minutes, 1),
    }
    if choice.json:
        print(json.dumps(figures))
    else:
        write_section("Killing the program", [list(figures), [f"{value:,}" for value in figures.values()]], NOTE)
    sys.exit(any(each.problem for each in played))


NOTE = (
    "The real window, offscreen and without a model, in which strokes of brush and eraser (radius 1 to 60), strokes of "
    "two classes, undo and redo follow each other as fast as they can, killed (SIGKILL): every second time at a random "
    "moment, else within 6 ms after a pen was lifted. Then the mask is opened, SQLite checks the file, and every pixel "
    "and the number of edits are compared with a plain array that was painted beside it. Finished: the pen was lifted, "
    "or undo or redo had returned."
)


if __name__ == "__main__":
    main()
