"""Model versions on disk: folders, the files they travel in, and the record of which one is in use."""

from .promotions import Promotion, Promotions
from .registry import ModelRegistry, ModelVersion, check_model

__all__ = ["ModelRegistry", "ModelVersion", "Promotion", "Promotions", "check_model"]
