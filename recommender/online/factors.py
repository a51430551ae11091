"""ALS factors while interactions arrive: visitors and items are solved for in turn, all others held still."""

import numpy as np
from scipy import sparse

from recommender.models.item_to_item import log_counts
from recommender.models.matrix import Als, fold_in, solve_rows
from recommender.online.behaviour import Change, OnlineBehaviour


class OnlineFactors:
    """A fitted ALS that goes on. A touched visitor's vector, then that of each item the visitor touched, becomes the
    minimum of ALS's objective with everything else fixed: what one more sweep of a refit would do to these rows.

    Starts from the behaviour that the ALS was fitted on; rows and codes are the same.
    """

    def __init__(self, als: Als, behaviour: OnlineBehaviour) -> None:
        self.config = als.config
        self.item_ID = als.factors_ID_.astype(np.float32)
        everybody = behaviour.histories(np.arange(len(behaviour.row_of)))
        self.visitor_VD = fold_in(self.item_ID, everybody, self.config.confidence, self.config.regularisation)
        self._strengths_VI = log_counts(everybody, len(self.item_ID))

    def apply(self, change: Change) -> None:
        """Take a change in: one solve for each touched visitor and item."""
        confidence, regularisation = self.config.confidence, self.config.regularisation
        self.visitor_VD = _grown(self.visitor_VD, change.visitors)
        self.item_ID = _grown(self.item_ID, change.items)
        self.visitor_VD[change.visitors_B] = fold_in(self.item_ID, change.after, confidence, regularisation)
        self._strengths_VI = _replaced(self._strengths_VI, change)
        touched_J = np.union1d(change.before.items_N, change.after.items_N).astype(np.int64)
        choosing_JV = sparse.csr_array(self._strengths_VI[:, touched_J].T)
        choosing_JV.data = choosing_JV.data * np.float32(confidence)
        self.item_ID[touched_J] = solve_rows(self.visitor_VD, choosing_JV, regularisation)

    def model(self) -> Als:
        """The member of the family."""
        return Als.from_arrays(self.config, {"factors_ID": self.item_ID.copy()})


def _replaced(strengths_VI: sparse.csr_array, change: Change) -> sparse.csr_array:
    """With other rows for the touched visitors, and as wide and as long as there are items and visitors now."""
    stands_V = ~np.isin(np.arange(strengths_VI.shape[0]), change.visitors_B)
    row_N, item_N = sparse.coo_array(strengths_VI).coords
    kept_N = stands_V[row_N]
    new_BI = sparse.coo_array(log_counts(change.after, change.items))
    rows = np.concatenate([row_N[kept_N], change.visitors_B[new_BI.coords[0]]])
    items = np.concatenate([item_N[kept_N], new_BI.coords[1]])
    values = np.concatenate([strengths_VI.data[kept_N], new_BI.data])
    return sparse.csr_array((values, (rows, items)), shape=(change.visitors, change.items))


def _grown(vectors_ND: np.ndarray, rows: int) -> np.ndarray:
    """With zero rows at the end."""
    more = np.zeros((rows - len(vectors_ND), vectors_ND.shape[1]), np.float32)
    return np.concatenate([vectors_ND, more])
