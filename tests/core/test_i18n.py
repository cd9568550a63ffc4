from __future__ import annotations

import os

import pytest

from bcseg_gui.core import i18n
from bcseg_gui.core.errors import UserError
from bcseg_gui.core.i18n import install, sentence

EMPTY_REGION = "The region “{text}” is empty: width and height must be above 0."


@pytest.fixture(autouse=True)
def no_language(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BCSEG_LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


def test_speaks_the_language_asked_for_and_child_processes_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BCSEG_LANG", "en")
    assert install("fr") == "fr"
    assert os.environ["BCSEG_LANG"] == "fr"
    assert i18n._(EMPTY_REGION) != EMPTY_REGION
    assert install("en") == "en"
    assert i18n._(EMPTY_REGION) == EMPTY_REGION


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "fr_CA.UTF-8"}, "fr"),
        ({"LANG": "en_GB.UTF-8", "LANGUAGE": "fr:en"}, "fr"),
        ({"LANG": "fr_FR.UTF-8", "BCSEG_LANG": "en"}, "en"),
        ({"LANG": "fr_FR.UTF-8", "BCSEG_LANG": ""}, "fr"),
        ({"BCSEG_LANG": "nonsense"}, "en"),
    ],
)
def test_otherwise_the_language_of_the_system(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], language: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert install() == language


def test_an_error_is_told_in_the_language_with_its_fields() -> None:
    error = UserError(EMPTY_REGION, text="1,2,0,0")
    install("en")
    assert sentence(error) == str(error) == "The region “1,2,0,0” is empty: width and height must be above 0."
    install("fr")
    assert "1,2,0,0" in sentence(error)
    assert sentence(error) != str(error)


def test_an_error_inside_an_error_is_told_too() -> None:
    install("fr")
    inner = UserError(EMPTY_REGION, text="0")
    assert sentence(UserError("{reason}", reason=inner)) == sentence(inner)
    assert sentence(UserError("Damaged: {reason}", reason=ValueError("cut short"))) == "Damaged: cut short"


def test_an_unforeseen_failure_is_told_as_one() -> None:
    install("en")
    assert sentence(RuntimeError("disk on fire")) == "Something unexpected went wrong: disk on fire"
    assert sentence(KeyError()) == "Something unexpected went wrong: KeyError"


def test_counts_have_their_form() -> None:
    install("en")
    assert i18n.ngettext("{n} cell", "{n} cells", 1).format(n=1) == "1 cell"
    assert i18n.ngettext("{n} cell", "{n} cells", 0).format(n=0) == "0 cells"


def test_a_text_of_a_table_is_translated_when_it_is_shown() -> None:
    i18n.install("fr")
    text = i18n.N_("Undo")
    assert text == "Undo"
    assert i18n.translated(text) == "Annuler"
