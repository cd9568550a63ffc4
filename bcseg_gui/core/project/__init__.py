"""Projects: slides and their state on disk, the lock, the holdout, the models. (`dataset` is imported by itself.)"""

from ..models.promotions import Promotion, Promotions
from ..models.registry import ModelRegistry, ModelVersion, check_model
from .entry import DEFAULT_CLASSES, MaskClass, SlideEntry, Status
from .holdout import Split
from .project import Project

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
