"""The encoder as a web process runs it: ONNX Runtime on one thread, scores as in recommender.models.encoders."""

from pathlib import Path

import numpy as np

from recommender.data.histories import Histories
from recommender.models.encoders.inputs import encoder_inputs
from recommender.models.softmax import softmax_probabilities


class OnnxEncoder:
    """states · embeddings + bias, and its softmax. Read-only, so that threads may share it."""

    def __init__(self, path: Path, item_embedding_ID: np.ndarray, item_bias_I: np.ndarray, history_length: int) -> None:
        import onnxruntime  # 9 MB and 0.1 s: workers import this package too, and load no model

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._input_names = [read.name for read in self._session.get_inputs()]
        self._embedding_DI = np.ascontiguousarray(item_embedding_ID.T)
        self._bias_I = item_bias_I
        self._history_length = history_length

    def states(self, histories: Histories) -> np.ndarray:
        """float32 (B, D)."""
        inputs = encoder_inputs(histories, self._history_length, self._input_names)
        feed = dict(zip(self._input_names, inputs, strict=True))
        states_BD: np.ndarray = self._session.run(["state_BD"], feed)[0]
        return states_BD

    def probabilities(self, histories: Histories, *, exclude_seen: bool = False) -> np.ndarray:
        """float32 (B, I); zero for an empty history."""
        scores_BI = self.states(histories) @ self._embedding_DI + self._bias_I
        return softmax_probabilities(scores_BI, histories, exclude_seen=exclude_seen)
