"""`bcseg-gui`, `python -m bcseg_gui` and the frozen program start here."""

import multiprocessing
import sys


def main() -> int:
    # Imported here because the compute process, when it is spawned, imports this module again and needs none of it.
    from bcseg_gui.app import main as run

    return run(sys.argv[1:])


if __name__ == "__main__":
    multiprocessing.freeze_support()
    sys.exit(main())
