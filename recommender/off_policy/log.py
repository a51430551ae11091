"""A log of decisions with the probabilities they were taken with, and what another policy would have done."""

from dataclasses import dataclass

import numpy as np

from recommender.errors import InputError


@dataclass(frozen=True, eq=False)
class PolicyLog:
    """N decisions among A actions. Raises InputError that names the field.

    action_N: what was shown. reward_N: what came of it. pscore_N: the propensity of the logging policy, above 0.
    pi_e_NA: probabilities of the policy to judge, rows sum to 1. q_hat_NA: a model's expected rewards.
    """

    action_N: np.ndarray
    reward_N: np.ndarray
    pscore_N: np.ndarray
    pi_e_NA: np.ndarray
    q_hat_NA: np.ndarray

    def __post_init__(self) -> None:
        count = len(self.action_N)
        if count < 2:
            raise InputError("action: at least two decisions are needed")
        for name, values in (("reward", self.reward_N), ("pscore", self.pscore_N)):
            if values.shape != (count,):
                raise InputError(f"{name}: must have one entry for each of the {count} actions")
        if self.pi_e_NA.ndim != 2 or len(self.pi_e_NA) != count:
            raise InputError(f"pi_e: must have one row for each of the {count} actions")
        if self.q_hat_NA.shape != self.pi_e_NA.shape:
            raise InputError("q_hat: must have the shape of pi_e")
        self._check_values()

    def _check_values(self) -> None:
        if (self.action_N != self.action_N.astype(int)).any() or not self._actions_exist():
            raise InputError("action: must be whole numbers from 0 that name a column of pi_e")
        if not ((self.pscore_N > 0) & (self.pscore_N <= 1)).all():
            raise InputError("pscore: must be above 0 and at most 1")
        if (self.pi_e_NA < 0).any() or not np.allclose(self.pi_e_NA.sum(axis=1), 1.0, atol=1e-6):
            raise InputError("pi_e: every row must be probabilities that sum to 1")

    def _actions_exist(self) -> bool:
        return bool(self.action_N.min() >= 0 and self.action_N.max() < self.pi_e_NA.shape[1])

    @property
    def weights_N(self) -> np.ndarray:
        """How much likelier the judged policy would have done the same."""
        return self._of_action(self.pi_e_NA) / self.pscore_N

    @property
    def predicted_N(self) -> np.ndarray:
        """The model's reward of what was done."""
        return self._of_action(self.q_hat_NA)

    @property
    def baseline_N(self) -> np.ndarray:
        """The model's expected reward under the judged policy."""
        return (self.pi_e_NA * self.q_hat_NA).sum(axis=1)

    def _of_action(self, values_NA: np.ndarray) -> np.ndarray:
        return values_NA[np.arange(len(self.action_N)), self.action_N.astype(int)]
