"""The report of a retraining: `report.json` for programs, self-contained `report.html` for people."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..files import encode_json, write_atomic
from ..i18n import _, number, percent
from .gate import ClassFigures, PictureFigures
from .record import RECORD_FILE, Record
from .verdict import evidence, verdict

REPORT_FILE = "report.html"
CURVES_FILE = "curves.png"
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #222; background: #fff }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin-top: 2rem }
table { border-collapse: collapse } th, td { padding: .2rem .8rem; text-align: right; border-bottom: 1px solid #ddd }
th:first-child, td:first-child { text-align: left; padding-left: 0 } table.hash td { font: 12px monospace }
img { max-width: 100% } figure { margin: 1rem 0 } figcaption { color: #666 }
.repaired { color: #009e73 } .broken { color: #d55e00 }
"""


def write_report(folder: Path, record: Record, worst: Iterable[tuple[str, NDArray[np.uint8]]]) -> None:
    """Write both into the model's folder, which may hold its curves already. Raises UserError.

    `worst`: names and RGB pictures of the test pictures on which the model does worst.
    """
    write_atomic(folder / RECORD_FILE, encode_json(record))
    write_atomic(folder / REPORT_FILE, _page(folder, record, worst).encode())


def _page(folder: Path, record: Record, worst: Iterable[tuple[str, NDArray[np.uint8]]]) -> str:
    title = _("Retraining of {parent}: {model}").format(parent=record.parent, model=record.model)
    accepted = _("Not accepted.") if record.decision.refused else _("Accepted.")
    sentence = verdict(record.decision) if not record.old else f"{accepted} {verdict(record.decision)}"
    legend = (("repaired", _("right now, wrong before")), ("broken", _("wrong now, right before")))
    hashes = _("Pictures and masks by their SHA-256")
    curves = folder / CURVES_FILE
    parts = [
        f"<h1>{escape(title)}</h1>",
        f"<p><strong>{escape(sentence)}</strong> {escape(evidence(record.decision))}</p>",
        _heading(_("On the test pictures")),
        _table(_means(record.old, record.new)),
    ]
    if record.decision.classes:
        parts += [_heading(_("Class by class")), _table(_by_class(record.decision.classes))]
    if record.reference_old:
        rows = _means(record.reference_old, record.reference_new)
        parts += [_heading(_("On the pictures that come with the program")), _table(rows)]
    parts += [
        _heading(_("Picture by picture")),
        _table(_by_picture(record)),
        _heading(_("The worst test pictures")),
        *(f'<p><span class="{kind}">■</span> {escape(words)}</p>' for kind, words in legend),
        *(_figure(name, _jpeg(picture), "jpeg") for name, picture in worst),
    ]
    if curves.is_file():
        parts += [_heading(_("How it went")), _figure("", curves.read_bytes(), "png")]
    parts += [
        _heading(_("What it came of")),
        _table(_origins(record)),
        f"<details><summary>{escape(hashes)}</summary>",
        _table(_pairs(record), "hash"),
        "</details>",
    ]
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    return f"<!doctype html>\n<html><head>{head}</head><body>\n" + "\n".join(parts) + "\n</body></html>\n"


def _means(old: Sequence[PictureFigures], new: Sequence[PictureFigures]) -> list[list[str]]:
    def mean(pictures: Sequence[PictureFigures], figure: str) -> float:
        return float(np.mean([getattr(picture, figure) for picture in pictures]))

    names = {
        "dice": _("Dice coefficient"),
        "jaccard": _("Jaccard index"),
        "pixel_accuracy": _("Pixel accuracy"),
        "object_f1": _("F1 score of whole cells"),
        "count_error": _("Error in the number of cells"),
        "loss": _("Loss"),
    }
    rows = [[name, *(number(mean(each, key), 4) for each in (old, new) if each)] for key, name in names.items()]
    return [["", *([_("before")] if old else []), _("new")], *rows]


def _by_class(classes: Sequence[ClassFigures]) -> list[list[str]]:
    head = [
        "",
        _("agreement"),
        _("90 % interval"),
        _("error in the number of cells"),
        _("cells drawn"),
        _("test pictures"),
    ]
    rows = []
    for each in classes:
        name = _("{name} (new)").format(name=each.name) if each.is_new else each.name
        figures = [percent(each.dice), f"{percent(each.low)} – {percent(each.high)}", percent(each.count_error)]
        rows.append([name, *(figures if each.pictures else ["–"] * 3), str(each.cells), str(each.pictures)])
    return [head, *rows]


def _by_picture(record: Record) -> list[list[str]]:
    if not record.old:
        head = ["", _("agreement"), _("F1"), _("cells drawn"), _("cells found")]
        return [head] + [
            [each.name, percent(each.dice), percent(each.object_f1), str(each.true_count), str(each.count)]
            for each in sorted(record.new, key=lambda each: each.dice)
        ]
    head = ["", _("agreement before"), _("new"), _("F1 before"), _("new"), _("cells drawn"), _("before"), _("new")]
    rows = [
        [
            old.name,
            *(percent(value) for value in (old.dice, new.dice, old.object_f1, new.object_f1)),
            *(str(value) for value in (old.true_count, old.count, new.count)),
        ]
        for old, new in sorted(zip(record.old, record.new, strict=True), key=lambda both: both[1].dice)
    ]
    return [head, *rows]


def _origins(record: Record) -> list[list[str]]:
    splits = [pair.split for pair in record.pairs]
    rows = {
        _("made"): record.created[:16].replace("T", " "),
        _("by"): record.author,
        _("grown from"): f"{record.parent} ({record.parent_sha256[:16]}…)",
        _("weights"): f"{record.weights_sha256[:16]}…",
        _("data"): record.dataset,
        _("pictures to learn from"): str(splits.count("train")),
        _("test pictures"): str(splits.count("holdout")),
        _("minutes"): number(record.seconds / 60, 1),
    }
    settings = {key: f"{value:g}" for key, value in record.settings.items()}
    return [["", ""], *([key, value] for key, value in (rows | settings | record.versions).items())]


def _pairs(record: Record) -> list[list[str]]:
    sides = {"train": _("learnt from"), "holdout": _("test")}
    return [["", "", _("picture"), _("mask")]] + [
        [pair.image, sides[pair.split], pair.image_sha256, pair.mask_sha256] for pair in record.pairs
    ]


def _heading(text: str) -> str:
    return f"<h2>{escape(text)}</h2>"


def _table(rows: Sequence[Sequence[str]], kind: str = "figures") -> str:
    """The first row: heads."""

    def row(cells: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"

    return f'<table class="{kind}">' + row(rows[0], "th") + "".join(row(cells, "td") for cells in rows[1:]) + "</table>"


def _figure(caption: str, picture: bytes, kind: str) -> str:
    data = base64.b64encode(picture).decode()
    return (
        f'<figure><img alt="" src="data:image/{kind};base64,{data}"><figcaption>{escape(caption)}</figcaption></figure>'
    )


def _jpeg(picture: NDArray[np.uint8]) -> bytes:
    data = io.BytesIO()
    Image.fromarray(picture).save(data, "JPEG", quality=85)
    return data.getvalue()
