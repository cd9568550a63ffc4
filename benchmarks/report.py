"""RESULTS.md: one section a benchmark, each replaced as a whole when its benchmark runs again."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")


def write_section(title: str, rows: Sequence[Sequence[str]], note: str) -> None:
    """Put a table (first row: heads) and a note under `title`, and print them."""
    head, *body = rows
    table = [" | ".join(head), " | ".join("---" for _ in head), *(" | ".join(row) for row in body)]
    lines = [f"## {title}", "", *(f"| {line} |" for line in table), "", note, "", _machine(), ""]
    section = "\n".join(lines)
    print(section)
    text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else "# Benchmarks\n\n"
    kept = re.sub(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", "", text, flags=re.MULTILINE | re.DOTALL)
    RESULTS.write_text(kept.rstrip() + "\n\n" + section, encoding="utf-8")


def _machine() -> str:
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} processors ({platform.machine()}), {platform.system()}, "
        f"Python {platform.python_version()}, PySide6 {metadata.version('PySide6-Essentials')}, "
        f"torch {metadata.version('torch')}."
    )
