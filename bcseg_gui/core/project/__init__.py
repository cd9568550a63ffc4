"""Projects: slides and their state on disk, the lock, the holdout, the models. (`dataset` is imported by itself.)"""

from .entry import DEFAULT_CLASSES, MaskClass, SlideEntry, Status
from .holdout import Split
from .project import Project
from .promotions import Promotion, Promotions
from .registry import ModelRegistry, ModelVersion, check_model

__all__ = [
    "DEFAULT_CLASSES",
    "MaskClass",
    "ModelRegistry",
    "ModelVersion",
    "Project",
    "Promotion",
    "Promotions",
    "SlideEntry",
    "Split",
    "Status",
    "check_model",
]
