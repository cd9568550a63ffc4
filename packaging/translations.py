"""Keep the French catalogue in step with the source.

`translations.py update` collects every text a person may see, merges it into bcseg.po (new texts come untranslated)
and compiles bcseg.mo. `translations.py check` changes nothing and fails when a text lacks its translation, when a
translation names other fields than its text, or when bcseg.mo is not what bcseg.po compiles to.
"""

from __future__ import annotations

import io
import string
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from gettext import GNUTranslations
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("bcseg_gui", "model")
PO = ROOT / "resources/translations/fr/LC_MESSAGES/bcseg.po"
MO = PO.with_suffix(".mo")
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "N_": None,
    "ngettext": (1, 2),
    "UserError": (1,),
    "ModelError": (1,),
}


def collect() -> Catalog:
    """Every literal text in the source, with the files that say it."""
    template = Catalog(project="bcseg-gui", charset="utf-8")
    for package in PACKAGES:
        found = extract_from_dir(
            ROOT / package,
            [("**.py", "python")],
            keywords=KEYWORDS,
            comment_tags=("Translators:",),
            strip_comment_tags=True,
        )
        for filename, lineno, text, comments, context in found:
            template.add(text, None, [(f"{package}/{filename}", lineno)], auto_comments=comments, context=context)
    return template


def load() -> Catalog:
    """The French catalogue as it lies on disk; an empty one where there is none."""
    if not PO.exists():
        now = datetime.now(UTC)
        return Catalog(
            locale="fr",
            project="bcseg-gui",
            version="0.1",
            header_comment="# French texts of bcseg-gui. The English text is the key; {fields} must stay as they are.",
            last_translator="The bcseg-gui authors",
            language_team="French",
            charset="utf-8",
            creation_date=now,
            revision_date=now,
            fuzzy=False,
        )
    with PO.open("rb") as file:
        return read_po(file, locale="fr")


def update() -> None:
    french = load()
    # Fuzzy guesses would put a neighbour's translation under a new text; an empty one is honest and is found by check.
    french.update(collect(), no_fuzzy_matching=True, update_creation_date=False)
    french.obsolete.clear()
    with PO.open("wb") as file:
        # Without line numbers, so that moving code does not touch the catalogue.
        write_po(file, french, width=120, sort_output=True, include_lineno=False)
    with MO.open("wb") as file:
        write_mo(file, load())


def problems() -> Iterator[str]:
    """One sentence for everything that is out of step."""
    french = load()
    wanted = {message.id: message for message in collect() if message.id}
    for text, message in wanted.items():
        translated = french.get(text if isinstance(text, str) else text[0])
        if translated is None or translated.fuzzy or not all(_forms(translated.string)):
            files = ", ".join(sorted({name for name, _line in message.locations}))
            yield f"no French for {text!r} ({files})"
    for message in french:
        if message.id and message.id not in wanted:
            yield f"nothing says {message.id!r} any more"
        elif message.id and not _same_fields(message):
            yield f"the French of {message.id!r} names other fields"
    if not MO.exists() or _compiled(MO.read_bytes()) != _compiled(_compile(french)):
        yield "bcseg.mo is not what bcseg.po compiles to"


def _forms(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (text or "",) if isinstance(text, str | None) else tuple(text)


def _same_fields(message: Message) -> bool:
    def fields(text: str) -> set[str]:
        return {name for _literal, name, _spec, _conversion in string.Formatter().parse(text) if name is not None}

    wanted = set().union(*map(fields, _forms(message.id)))
    # A plural's "one" form may leave the number out.
    return all(
        fields(form) == wanted or (message.pluralizable and fields(form) <= wanted)
        for form in _forms(message.string)
        if form
    )


def _compile(catalogue: Catalog) -> bytes:
    buffer = io.BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def _compiled(mo: bytes) -> dict[object, str]:
    """The texts of a compiled catalogue; its header names Babel's version, which does not matter."""
    texts: dict[object, str] = dict(vars(GNUTranslations(io.BytesIO(mo)))["_catalog"])
    texts.pop("", None)
    return texts


def main(arguments: list[str]) -> int:
    if arguments == ["update"]:
        update()
    elif arguments != ["check"]:
        print(__doc__)
        return 2
    found = list(problems())
    print("\n".join(found) or "The French catalogue is complete.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
