"""Projects: slides and their state on disk, the lock, the holdout, backups."""

from .entry import SlideEntry, Status
from .holdout import Split
from .project import Project

__all__ = ["Project", "SlideEntry", "Split", "Status"]
