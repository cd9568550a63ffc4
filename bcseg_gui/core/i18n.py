"""The language the app speaks: gettext, because the core and the command line have no Qt."""

from __future__ import annotations

import gettext
import locale
import os

from .resources import resource

LANGUAGES = ("en", "fr")

_catalogue = gettext.NullTranslations()
"""One process speaks one language; set once by `install`, before the first text is shown."""


def install(language: str | None = None) -> str:
    """Choose the language: `language`, else BCSEG_LANG, else the system's; English when we do not speak it.

    Returns what was chosen ("en" or "fr") and puts it into BCSEG_LANG, so that child processes follow.
    """
    global _catalogue
    wanted = language or os.environ.get("BCSEG_LANG") or _system_language()
    chosen = wanted[:2].lower()
    if chosen not in LANGUAGES:
        chosen = "en"
    # English is the source text and has no catalogue: the fallback returns the text itself.
    _catalogue = gettext.translation("bcseg", resource("translations"), languages=[chosen], fallback=True)
    os.environ["BCSEG_LANG"] = chosen
    return chosen


def _(text: str) -> str:
    """The text in the installed language. Extraction needs a literal; call `.format()` on what comes back."""
    return _catalogue.gettext(text)


def N_(text: str) -> str:  # noqa: N802 gettext's own name
    """Mark a text of a table for the catalogue; `translated` says it in the installed language when it is shown."""
    return text


def translated(text: str) -> str:
    """A text that was marked by `N_`, in the installed language."""
    return _catalogue.gettext(text)


def ngettext(one: str, many: str, n: int) -> str:
    """The form for `n` of something; put `n` in afterwards: `ngettext("{n} cell", "{n} cells", n).format(n=n)`."""
    return _catalogue.ngettext(one, many, n)


def number(value: float, digits: int) -> str:
    """With so many digits after the point, which is a comma in French."""
    text = f"{value:.{digits}f}"
    return text.replace(".", ",") if os.environ.get("BCSEG_LANG") == "fr" else text


def percent(share: float, digits: int = 1) -> str:
    return number(100 * share, digits) + "\u202f%"


def sentence(error: object) -> str:
    """What to tell a person about an error, in the installed language.

    An error with `template` and `fields` (UserError, ModelError) is its translated template, filled in; a field that
    is itself such an error becomes its sentence. Anything else is reported as unforeseen.
    """
    template = getattr(error, "template", None)
    fields = getattr(error, "fields", None)
    if isinstance(template, str) and isinstance(fields, dict):
        return _(template).format(
            **{name: sentence(value) if hasattr(value, "template") else value for name, value in fields.items()}
        )
    return _("Something unexpected went wrong: {detail}").format(detail=str(error) or type(error).__name__)


def _system_language() -> str:
    # The POSIX order of precedence; LANGUAGE is a list of choices.
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return value.split(":")[0]
    return locale.getlocale()[0] or "en"
