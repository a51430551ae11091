"""The encoder as a web process runs it: ONNX Runtime on one thread, scores as in recommender.models.encoders."""

from functools import cached_property
from pathlib import Path

import numpy as np

from recommender.data.histories import Histories
from recommender.models.encoders.inputs import CODES, ROWS, encoder_inputs
from recommender.models.softmax import softmax_probabilities
from recommender.serving.nearest import NearestItems


class OnnxEncoder:
    """states · embeddings + bias, and its softmax. Read-only, so that threads may share it. With `nearest` the best
    items of one visitor are found without a product with all of them. Networks of artifacts of schema 1 hold the
    embeddings themselves and read codes, padded."""

    def __init__(
        self,
        path: Path,
        item_embedding_ID: np.ndarray,
        item_bias_I: np.ndarray,
        history_length: int,
        nearest: NearestItems | None = None,
    ) -> None:
        import onnxruntime  # 9 MB and 0.1 s: workers import this package too, and load no model

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._input_names = [read.name for read in self._session.get_inputs()]
        self._embedding_ID = item_embedding_ID
        self._bias_I = item_bias_I
        self._history_length = history_length
        self._nearest = nearest

    @cached_property
    def _embedding_DI(self) -> np.ndarray:
        """As the product with all items reads it; not made where the nearest are asked for alone."""
        return np.ascontiguousarray(self._embedding_ID.T)

    def states(self, histories: Histories) -> np.ndarray:
        """float32 (B, D). Histories of one length are asked about together."""
        lengths_B = np.clip(histories.lengths_B, 1, self._history_length)
        if CODES in self._input_names or (lengths_B == lengths_B[:1]).all():
            return self._states(histories)
        states_BD = np.empty((len(histories), self._embedding_ID.shape[1]), np.float32)
        for length in np.unique(lengths_B):
            rows = np.flatnonzero(lengths_B == length)
            states_BD[rows] = self._states(histories.take(rows))
        return states_BD

    def _state_of_one(self, history: Histories) -> np.ndarray:
        """float32 (D,): where no levels are read, the rows of the table are the whole input."""
        if self._input_names != [ROWS] or not len(history.items_N):
            return self.states(history)[0]
        rows_LD = self._embedding_ID.take(history.items_N[-self._history_length :], axis=0)
        state_D: np.ndarray = self._session.run(["state_BD"], {ROWS: rows_LD[None]})[0][0]
        return state_D

    def _states(self, histories: Histories) -> np.ndarray:
        names = [CODES if name == ROWS else name for name in self._input_names]
        feed = dict(zip(names, encoder_inputs(histories, self._history_length, names), strict=True))
        if ROWS in self._input_names:
            feed[ROWS] = self._rows(feed.pop(CODES))
        states_BD: np.ndarray = self._session.run(["state_BD"], feed)[0]
        return states_BD

    def _rows(self, codes_BL: np.ndarray) -> np.ndarray:
        """float32 (B, L, D); zeros for padding, which alone stands where there is no history."""
        rows_BLD = self._embedding_ID.take(codes_BL - 1, axis=0)
        if not codes_BL[:, 0].all():
            rows_BLD[codes_BL == 0] = 0.0
        return rows_BLD

    def probabilities(self, histories: Histories, *, exclude_seen: bool = False) -> np.ndarray:
        """float32 (B, I); zero for an empty history."""
        states_BD = self.states(histories)
        single = len(states_BD) == 1  # as fast without the turned copy, which only batches then need
        scores_BI = (self._embedding_ID @ states_BD[0])[None] if single else states_BD @ self._embedding_DI
        scores_BI += self._bias_I
        return softmax_probabilities(scores_BI, histories, exclude_seen=exclude_seen)

    def write_shares(self, shares_I: np.ndarray, history: Histories) -> None:
        """`probabilities` of one visitor whose history is not empty."""
        np.dot(self._embedding_ID, self._state_of_one(history), out=shares_I)
        shares_I += self._bias_I
        shares_I -= shares_I.max()
        np.exp(shares_I, out=shares_I)
        shares_I /= shares_I.sum()

    def best(self, state_D: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Codes and scores of the `count` best items for a state, best first: nearly so where there is an index."""
        if self._nearest is not None:
            return self._nearest.find(state_D, count)
        scores_I = state_D @ self._embedding_DI + self._bias_I
        codes = np.argpartition(-scores_I, min(count, len(scores_I)) - 1)[:count]
        codes = codes[np.argsort(-scores_I[codes], kind="stable")]
        return codes, scores_I[codes]

    def shares_among(self, history: Histories, count: int, codes_C: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of one visitor: these items and about the `count` best, as rising codes, and their probabilities."""
        if self._nearest is not None:
            state_D = self._state_of_one(history)
            codes_U = np.union1d(codes_C, self._nearest.near(state_D, count))
            return codes_U, self._nearest.shares(state_D, codes_U)
        shares_I = self.probabilities(history)[0]
        named = np.argpartition(-shares_I, min(count, len(shares_I)) - 1)[:count]
        codes_U = np.union1d(codes_C, named)
        return codes_U, shares_I[codes_U]
