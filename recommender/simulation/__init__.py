"""The closed loop with known truth: what a policy earns and learns when its own slates decide what it gets to see."""

from recommender.simulation.loop import LEARNERS, simulate
from recommender.simulation.policies import POLICIES
from recommender.simulation.scenarios import SCENARIOS

__all__ = ["LEARNERS", "POLICIES", "SCENARIOS", "simulate"]
