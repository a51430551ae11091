"""Item transitions while interactions arrive."""

from scipy import sparse

from recommender.models.transitions import Transitions, TransitionsConfig
from recommender.online.behaviour import Change
from recommender.online.sums import PairSums


class OnlineTransitions:
    """Sums of weighted pairs. The values of the family are made of them when asked for, since every one depends on the
    sums of its row and column."""

    def __init__(self, config: TransitionsConfig | None = None) -> None:
        self.config = config or TransitionsConfig()
        self._sums = PairSums()

    def apply(self, change: Change) -> None:
        """Take a change in: as many steps as the touched visitors have pairs."""
        pairs = Transitions(self.config)
        self._sums.add(pairs.counts(change.after, change.items), pairs.counts(change.before, change.items))

    def counts(self) -> sparse.csr_array:
        """float64, items × items: the sums."""
        return self._sums.whole()

    def model(self) -> Transitions:
        """The member of the family."""
        return Transitions(self.config).from_counts(self.counts())
