"""What the kernel says of a process's memory, in MB of 10⁶ bytes. Linux alone; elsewhere 0."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def rss(pid: int | str = "self") -> float:
    """What it has in memory, shared libraries included."""
    return _read(pid, "status", "VmRSS:")


def peak_rss(pid: int | str = "self") -> float:
    """The most it ever had, or had since `forget_peak`; counted by the kernel, so that no moment is missed."""
    return _read(pid, "status", "VmHWM:")


def pss(pid: int | str = "self") -> float:
    """As `rss`, but of what several processes share only its part."""
    return _read(pid, "smaps_rollup", "Pss:")


def forget_peak(pid: int | str = "self") -> None:
    with suppress(OSError):
        Path(f"/proc/{pid}/clear_refs").write_text("5")


def _read(pid: int | str, file: str, name: str) -> float:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) * 1024 / 1e6
    return 0.0
