"""The formats that reviewed pictures are exported in."""

from __future__ import annotations

from ..i18n import N_
from .format import Format
from .pairs import read_pairs, write_pairs, written_pairs

PAIRS = Format(
    id="pairs",
    title=N_("images, masks, manifest.json"),
    suffix=".png",
    holds=frozenset({"picture", "classes", "corrected"}),
    encode=write_pairs,
    written=written_pairs,
    decode=read_pairs,
)

FORMATS = {form.id: form for form in (PAIRS,)}
"""By id"""
