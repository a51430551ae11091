"""Learning from what was rendered: every few seconds what arrived, every half hour the whole log anew."""

from dashboard.beliefs.services.items import learn_arrivals
from dashboard.beliefs.services.log import learn_anew, learn_what_came

__all__ = ["learn_anew", "learn_arrivals", "learn_what_came"]
