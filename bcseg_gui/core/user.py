"""The user's name, for the records."""

from __future__ import annotations

import getpass


def user_name() -> str:
    """The login name, or an empty string if unknown."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
