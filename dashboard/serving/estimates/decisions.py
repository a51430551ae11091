"""The log behind an estimate as `python -m recommender off-policy` reads it: every place of a slate is a decision."""

from typing import Any

import numpy as np

from dashboard.accounts.models import Shop
from dashboard.policies.selectors import PublishedPolicy, ServedPolicy
from dashboard.serving.estimates.reading import read_log
from recommender.off_policy import fit_rewards

MOST_SLATES = 5_000  # 130 MB of text: of every place the chances of all candidates


def decisions_of(
    shop: Shop, placement: PublishedPolicy, judged: ServedPolicy, *, metric: str, limit: int
) -> dict[str, Any]:
    """{action, reward, pscore, pi_e, q_hat, slate, unit}: actions are places among a slate's candidates, and one more
    stands for nothing, where a policy has nothing left to show."""
    log = read_log(shop, placement, judged, limit=limit, with_odds=True)
    tables, reward_NK = log.tables, log.tables.rewards[metric]
    model = fit_rewards(reward_NK, tables.score_NK, tables.unit_N)
    row_of = {slate: row for row, slate in enumerate(tables.ids)}
    actions = 1 + max((part.scores_NC.shape[1] for part in log.parts), default=0)
    document: dict[str, Any] = {name: [] for name in ("action", "reward", "pscore", "pi_e", "q_hat", "slate", "unit")}
    for part in log.parts:
        for place, slate in enumerate(part.ids):
            if (row := row_of.get(slate)) is None or part.odds_NKC is None:
                continue
            half = model.half_N[row]
            for k, shown in enumerate(part.shown_NK[place].tolist()):
                line = model.intercept_HK[half, k] + model.slope_HK[half, k] * part.scores_NC[place]
                document["action"].append(shown)
                document["reward"].append(float(reward_NK[row, k]))
                document["pscore"].append(float(part.logged_NK[place, k]))
                document["pi_e"].append(_with_nothing(part.odds_NKC[place, k], actions))
                document["q_hat"].append([*line.tolist(), *[0.0] * (actions - len(line))])
                document["slate"].append(str(slate))
                document["unit"].append(int(tables.unit_N[row]))
    return document


def _with_nothing(odds_C: np.ndarray, actions: int) -> list[float]:
    rest = [0.0] * (actions - len(odds_C) - 1)
    return [*odds_C.tolist(), *rest, 1.0 if odds_C.sum() == 0.0 else 0.0]
