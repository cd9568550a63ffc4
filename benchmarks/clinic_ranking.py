"""Does the order of what to correct next save corrections? `clinic_ranking.py BBBC041SEG WORK [K ...]`.

The clinic of `clinic_stain.py`: another stain, another microscope. A person corrects K of forty quarter fields, those
that the program's own order puts first, or any (three times, by chance); the fast model is retrained on them, each time
from the bundled one and with as many steps. Twenty other quarter fields of the new stain tell what came of it. Twice:
all forty are stained that way; or one in four is, and the others are as the model knows them. Runs are kept in WORK.
Writes its table into RESULTS.md, unless only some K are asked for.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path

import cv2
import msgspec
import numpy as np
from clinic import WEIGHTS, Field, means, middle, parted, read_fields, retrain, write_dataset
from clinic_stain import shifted
from report import write_section

from bcseg_gui.compute.protocol import Event, Rank, RankedSlide
from bcseg_gui.compute.ranking import rank
from model.cell_size import median_cell_diameter
from model.checkpoint import load_model
from model.engines.engine import Engine
from model.engines.torch_engine import TorchEngine
from model.info import INFO_FILE, ModelInfo, read_info
from model.preprocess import working_scale
from model.training.settings import TrainSettings

PARENT = "ternausnet11-bbbc041"
POOL, TESTED = 40, 20
COUNTS = 1, 2, 4, 8
SEEDS = 0, 1, 2
MILDER = {"contrast": 0.15, "brightness": -60, "blur": 4.0}
"""The fast model loses as much to this as the accurate one to the shift of `clinic_stain.py`."""
ROUNDS, STEPS = 4, 36
"""Steps of four crops: two thirds of what the window plans for pictures as few as these
(`session.retraining.LEAST_SEEN`). It goes through them in as many rounds; here they are listed more often instead, for
what follows a round takes as long as a step."""
CUT = 0.08
"""How small a piece of a cell at the edge counts: quarter fields cut more cells than those that the model knows."""


def main(data: Path, work: Path, *counts: int) -> None:
    seen, unseen = parted(data)
    as_known = [middle(field) for field in read_fields([pair for place, pair in enumerate(seen) if place % 3][:POOL])]
    test = [middle(shifted(field, **MILDER)) for field in read_fields([*unseen, *seen[::3]][:TESTED])]
    few = set(np.random.default_rng(0).permutation(POOL)[: POOL // 4].tolist())
    pools = {
        "all": [shifted(field, **MILDER) for field in as_known],
        "one in four": [shifted(field, **MILDER) if at in few else field for at, field in enumerate(as_known)],
    }
    tables = [clinic(pool, test, work / name.replace(" ", "-"), counts or COUNTS) for name, pool in pools.items()]
    rows = [["stained otherwise", *tables[0][0][0]]]
    rows += [[name, *row] for name, (table, _note) in zip(pools, tables, strict=True) for row in table[1:]]
    note = (
        f"{TESTED} quarter fields of another stain as test, {POOL} to choose from, about {STEPS} steps of {PARENT}; "
        f"by chance: mean of {len(SEEDS)} orders, with the lowest and highest. To reach what chance reaches, the "
        "program's order needs "
        + " and ".join(
            f"{note} of the pictures where {name} are" for name, (_, note) in zip(pools, tables, strict=True)
        )
        + " (line through the measured points)."
    )
    if counts:
        print(*rows, note, sep="\n")
    else:
        write_section("Simulated clinic: what to correct next", rows, note)


def clinic(
    pool: Sequence[Field], test: Sequence[Field], work: Path, counts: Sequence[int]
) -> tuple[list[list[str]], str]:
    orders = {"ranked": ranked(pool, work)}
    orders |= {f"chance-{seed}": np.random.default_rng(seed).permutation(POOL).tolist() for seed in SEEDS}
    f1: dict[str, list[float]] = {name: [] for name in orders}
    for count in counts:
        for name, order in orders.items():
            before, after = corrected(work / f"{name}-{count}", [pool[place] for place in order[:count]], test)
            f1[name] = [*(f1[name] or [before]), after]
    return told([0, *counts], f1)


def parent_in(work: Path) -> Path:
    """The bundled model, but for `CUT`."""
    folder = work / PARENT
    if not folder.exists():
        shutil.copytree(WEIGHTS / PARENT, folder)
        info = msgspec.json.decode((folder / INFO_FILE).read_bytes())
        (folder / INFO_FILE).write_bytes(msgspec.json.encode(info | {"smallest_at_edge": CUT}))
    return folder


def ranked(fields: Sequence[Field], work: Path) -> list[int]:
    """The order in which the program asks for the pictures, kept in a file."""
    kept = work / "order.json"
    if not kept.exists():
        slides = [RankedSlide(work / "pool" / f"{field.name}.png") for field in fields]
        (work / "pool").mkdir(parents=True, exist_ok=True)
        for slide, field in zip(slides, fields, strict=True):
            cv2.imwrite(str(slide.path), cv2.cvtColor(field.picture, cv2.COLOR_RGB2BGR))
        model = load_model(WEIGHTS / PARENT)

        def load(_job: int, _folder: Path) -> Generator[Event, None, tuple[Engine, ModelInfo]]:
            yield from ()
            return TorchEngine(model), model.info

        looking = rank(load, Rank(1, tuple(slides), WEIGHTS / PARENT), lambda: False)
        try:
            while True:
                next(looking)
        except StopIteration as ended:
            kept.write_bytes(msgspec.json.encode([suggestion.place for suggestion in ended.value.order]))
    return msgspec.json.decode(kept.read_bytes(), type=list[int])


def corrected(work: Path, learnt: Sequence[Field], test: Sequence[Field]) -> tuple[float, float]:
    """F1 per cell on the test pictures: of the bundled model, and of that retrained on what a person corrected."""
    started = time.monotonic()
    parent = str(parent_in(work.parent))
    settings, info = TrainSettings(), read_info(WEIGHTS / PARENT)
    scales = [working_scale(info, median_cell_diameter([field.mask], info.source_cell_diameter)) for field in learnt]
    area = sum(field.mask.size * scale**2 for field, scale in zip(learnt, scales, strict=True))
    repeated = round(STEPS / ROUNDS * settings.crop**2 * settings.batch / area)
    dataset = write_dataset(work / "dataset", learnt, test, corrects=parent, repeated=repeated)
    # None ends before its time, so that all have as many steps.
    record = retrain(dataset, work / "run", parent=parent, epochs=ROUNDS, patience=0, watched=1)
    before, after = means(record.old)["object_f1"], means(record.new)["object_f1"]
    seconds = time.monotonic() - started
    print(f"{work.name}: F1 per cell {before:.4f} -> {after:.4f}, {seconds:.0f} s", flush=True)
    return before, after


def told(counts: Sequence[int], f1: Mapping[str, Sequence[float]]) -> tuple[list[list[str]], str]:
    """`f1` of each order for each of `counts`, the first of which is 0, and what share of the pictures is needed."""
    ours, by_chance = f1["ranked"], np.array([f1[f"chance-{seed}"] for seed in SEEDS])
    mean = by_chance.mean(axis=0)
    rows = [["corrected pictures", "F1 per cell, ranked", "by chance", "from – to", "ranked needs for that of chance"]]
    shares = []
    for place, count in enumerate(counts):
        # What chance reached with fewer pictures already says nothing of this number.
        gained = place > 0 and mean[place] > mean[:place].max()
        enough = needed(counts, ours, mean[place]) if gained else None
        if enough is not None:
            shares.append(enough / count)
        spread = f"{by_chance[:, place].min():.4f} – {by_chance[:, place].max():.4f}"
        need = "" if place == 0 else "never" if gained and enough is None else f"{enough:.1f}" if enough else "–"
        rows.append([str(count), f"{ours[place]:.4f}", f"{mean[place]:.4f}", spread, need])
    return rows, f"{np.mean(shares):.0%} ({min(shares):.0%} to {max(shares):.0%})" if shares else "an unknown share"


def needed(counts: Sequence[int], f1: Sequence[float], level: float) -> float | None:
    """How many pictures until `f1` first reaches `level`, on the line through its points; None: it never does."""
    for place in range(1, len(counts)):
        low, high = f1[place - 1 : place + 1]
        if high >= level:
            share = (level - low) / (high - low) if low < level else 0.0
            return counts[place - 1] + share * (counts[place] - counts[place - 1])
    return None


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:]))
