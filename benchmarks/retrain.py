"""How long a retraining takes on ten corrected fields of 1,600 × 1,200 px, and how it holds up the window.

`retrain.py [WORK]`. The fields are generated, so that it needs no data; eight are learnt from, two kept for the test.
The accurate bundled model goes through all that Retrain does in the compute process, from measuring it to the report,
while a timer tells how late this process's event loop is. Writes its table into RESULTS.md.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from clinic import WEIGHTS, Field, means, write_dataset
from PySide6.QtCore import QCoreApplication, Qt, QTimer
from report import write_section

from bcseg_gui.compute.client import ComputeClient
from bcseg_gui.compute.protocol import Event, Failed, Finished, Train
from bcseg_gui.core.retraining.record import read_record
from bcseg_gui.core.retraining.verdict import verdict
from bcseg_gui.core.synthetic.smear import STAINS, make_smear

FIELDS, KEPT = 10, 2
EPOCHS = 6
"""What session.retraining.Plan makes of eight such fields."""
TICK = 0.005
PARENT = "ternausnet16-bbbc041"


def main(work: Path) -> None:
    fields = []
    for number in range(FIELDS):
        stain = list(STAINS)[number % len(STAINS)]
        smear = make_smear(1600, 1200, seed=50 + number, stain=stain, defocus=2.5, crenated=0.3)
        fields.append(Field(f"field-{number}", smear.image, (smear.mask > 0).astype(np.uint8)))
    dataset = write_dataset(work / "dataset", fields[KEPT:], fields[:KEPT], corrects=PARENT)
    late = run(Train(1, dataset, WEIGHTS / PARENT, work / "run", EPOCHS))
    record = read_record(work / "run")
    assert record is not None
    learning = sum(row["seconds"] for row in record.rounds)
    before, after = means(record.old), means(record.new)
    figures = [
        *(f"{FIELDS - KEPT} + {KEPT}", f"{record.seconds / 60:.1f}", f"{learning / 60:.1f}", f"{len(record.rounds)}"),
        *(f"{1000 * np.quantile(late, share):.1f}" for share in (0.5, 0.99)),
        *(f"{before['dice']:.4f}", f"{after['dice']:.4f}", verdict(record.decision)),
    ]
    heads = [
        "fields",
        "minutes",
        "of these learning",
        "rounds",
        "late, median ms",
        "p99",
        "Dice before",
        "after",
        "gate",
    ]
    note = "Generated fields of 1,600 × 1,200 px, the accurate bundled model. Wanted: 10 minutes, p99 16 ms."
    write_section("Retraining on ten fields", [heads, figures], note)


def run(request: Train) -> list[float]:
    """How late each tick of a timer was, in seconds, while the compute process worked."""
    application = QCoreApplication([])
    client = ComputeClient()
    late: list[float] = []
    last = time.perf_counter()

    def tick() -> None:
        nonlocal last
        now = time.perf_counter()
        late.append(max(0.0, now - last - TICK))
        last = now

    def hear(event: Event) -> None:
        print(event, flush=True)
        if isinstance(event, Finished | Failed):
            application.quit()

    client.received.connect(hear)
    client.submit(request)
    timer = QTimer(interval=round(TICK * 1000), timerType=Qt.TimerType.PreciseTimer)
    timer.timeout.connect(tick)
    timer.start()
    application.exec()
    client.shutdown()
    return late


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            main(Path(folder))
