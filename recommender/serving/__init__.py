"""What a web process needs of an artifact: numpy, ONNX Runtime, faiss; no torch, no scikit-learn."""

from recommender.serving.types import Candidates, HistoryEvent, Profile, Reason

__all__ = ["Candidates", "HistoryEvent", "Profile", "Reason"]
