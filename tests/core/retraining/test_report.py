from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from bcseg_gui.core import i18n
from bcseg_gui.core.retraining.gate import PictureFigures, decide
from bcseg_gui.core.retraining.record import Record, UsedPair, read_record
from bcseg_gui.core.retraining.report import write_report


def figures(name: str, dice: float) -> PictureFigures:
    block = (round(100 * dice), 100, 100, 5, 5)
    return PictureFigures(name, dice, dice, dice, 0.1, dice, 10, 10, (block, block))


@pytest.fixture
def record() -> Record:
    old = tuple(figures(f"p{number}.png", 0.9) for number in range(6))
    new = tuple(figures(f"p{number}.png", 0.92 + 0.01 * number) for number in range(6))
    return Record(
        model="ward-<2>",
        weights_sha256="ab" * 32,
        parent="tiny",
        parent_sha256="cd" * 32,
        author="ana",
        created="2026-01-02T03:04:05+00:00",
        dataset="2026-01-02-abc",
        settings={"seed": 3, "epochs": 4},
        pairs=(UsedPair("a.png", "train", "12" * 32, "34" * 32), UsedPair("p0.png", "holdout", "56" * 32, "78" * 32)),
        rounds=({"epoch": 1, "loss": 0.5},),
        old=old,
        new=new,
        reference_old=old,
        reference_new=old,
        decision=decide(old, new, old, old),
        seconds=61.0,
    )


class Page(HTMLParser):
    """Checks that what is opened is closed; keeps the text, and what would be fetched."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text, self.fetched = "", []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "img"):
            self.open.append(tag)
        self.fetched += [value for name, value in attrs if name in ("src", "href") and not value.startswith("data:")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data + "\n"


def test_the_record_comes_back_as_it_was(record: Record, tmp_path: Path) -> None:
    assert read_record(tmp_path) is None
    write_report(tmp_path, record, [])
    assert read_record(tmp_path) == record


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_page_is_whole_and_says_it_all(record: Record, tmp_path: Path, language: str) -> None:
    i18n.install(language)
    try:
        (tmp_path / "curves.png").write_bytes(b"png")
        worst = [("p0.png", np.zeros((4, 6, 3), np.uint8)), ("p1.png", np.zeros((4, 6, 3), np.uint8))]
        write_report(tmp_path, record, worst)
    finally:
        i18n.install("en")
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert not page.open
    assert not page.fetched
    for said in ("ward-<2>", "ana", "tiny", "12" * 32, "2026-01-02 03:04", "seed", "torch", "p5.png"):
        assert said in page.text
    assert ("94,5" if language == "fr" else "94.5") in page.text


def test_a_refused_one_says_why(record: Record, tmp_path: Path) -> None:
    lost = tuple(figures(picture.name, 0.85) for picture in record.old)
    decision = decide(record.old, record.new, record.old, lost)
    write_report(tmp_path, replace(record, reference_new=lost, decision=decision), [])
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Not accepted. The new model has forgotten what it knew" in text
    assert "fell from 90.0\u202f% to 85.0\u202f%" in text
