"""Learning between two runs: every few seconds what arrived, and all of it anew where it was rewritten."""

from dashboard.updates.services.learning import learn_anew_if_rewritten, learn_updates
from dashboard.updates.services.storing import forget_updates, tell_rewritten

__all__ = ["forget_updates", "learn_anew_if_rewritten", "learn_updates", "tell_rewritten"]
