"""`python -m bcseg_gui.cli`: `bcseg` where its script is not installed."""

from .main import main

if __name__ == "__main__":
    main()
