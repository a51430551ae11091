"""What a web process needs of an artifact: numpy, ONNX Runtime; no torch, no scikit-learn."""

from recommender.serving.recommender import Recommender
from recommender.serving.types import Candidates, HistoryEvent, Profile, Reason

__all__ = ["Candidates", "HistoryEvent", "Profile", "Reason", "Recommender"]
