"""The worlds that policies are compared in, and where their figures come from. They were fixed before any comparison:
whoever changes one measures all policies again."""

from dataclasses import dataclass

import numpy as np

INTERESTS = 8
FIRST_ITEMS = 160  # on sale on the first day
SLATE_SIZE = 8
LIKED = (2, 4)  # a visitor likes 2 or 3 interests
STRENGTH = (0.3, 1.0)  # how much
QUALITY = (0.3, 1.0)  # of an item; what it is worth to those who like its interest
CLICK_BY_CHANCE = 0.01  # probability of a click on an item whose interest the visitor does not like
CLICK_BY_LIKING = 0.4  # added at strength 1 and quality 1
MOST_LIKELY = 0.95  # no click is surer than this, whatever season and price say
OLDEST_DAYS = 300  # age of the oldest item on the first day

# Probability that a position is rendered before the visitor leaves: geometric, as in rank-biased precision, whose
# patience lies between 0.8 and 0.95 (Moffat & Zobel 2008). What is not rendered cannot be clicked.
RENDERED_K = 0.92 ** np.arange(SLATE_SIZE)

# Boredom: how a click's probability falls with the impressions of this item to this visitor. The form is that of
# impression discounting (Lee et al. 2014, KDD: falls with the impressions, recovers with the time since); the figures
# are a convention, which halves the chance of what was seen on five days running, and were fixed first of all.
TIRING_RATE = 0.15  # log-points an impression
TIRING_HALF_LIFE_DAYS = 3.0

# log(price / median price of its kind): the spread within twelve kinds of the retailer's catalog in UCI Online Retail
# is 0.6 to 1.1. How much of a click it costs: assumed to be up to a fifth of the elasticity of sales, which is 2.62 on
# average of 1,851 estimates (Bijmolt, van Heerde & Pieters 2005); a click is no purchase.
PRICE_SPREAD = 0.85
PRICE_SENSITIVITY = (0.0, 0.5)  # of a visitor: the elasticity of clicks

# Demand by month, December to November, over the mean of the year: share of the rows of UCI Online Retail whose
# description names the kind, of customers with a number. One interest each; the first day is the first of September.
SEASONS_TM = np.array(
    [
        [0.61, 0.74, 0.74, 0.87, 1.01, 1.33, 1.31, 1.31, 1.36, 1.03, 0.81, 0.88],  # bag
        [1.25, 1.15, 1.01, 1.03, 0.92, 0.89, 0.83, 0.94, 0.92, 0.99, 1.07, 1.00],  # box
        [1.86, 0.07, 0.05, 0.05, 0.04, 0.05, 0.12, 0.49, 0.84, 2.31, 3.09, 3.03],  # Christmas
        [1.47, 1.40, 1.14, 1.31, 1.47, 0.92, 0.82, 0.74, 0.70, 0.62, 0.66, 0.74],  # mug
        [0.72, 0.85, 0.95, 1.00, 1.06, 1.01, 0.99, 0.99, 1.04, 1.09, 1.19, 1.11],  # card
        [1.25, 0.97, 0.91, 0.86, 0.94, 1.21, 1.00, 0.88, 0.90, 0.87, 0.98, 1.24],  # light
        [0.96, 1.21, 1.14, 1.15, 1.04, 0.89, 1.02, 1.10, 0.99, 0.93, 0.81, 0.77],  # cake
        [1.07, 1.47, 1.07, 0.83, 0.83, 0.89, 0.88, 0.88, 0.95, 1.00, 1.06, 1.06],  # heart
    ]
)
SEPTEMBER, MONTH_DAYS = 9, 30.4


@dataclass(frozen=True)
class Scenario:
    """How a world moves. `arrivals`: new items a day. `moves`: share of visitors a day who swap an interest.
    `tiring`: whether visitors tire of what they were shown. `seasons`: whether demand follows the months."""

    arrivals: float
    moves: float
    tiring: bool = False
    seasons: bool = False

    def tired(self, shown: np.ndarray) -> np.ndarray:
        """Factor of a click's probability after so many impressions, each halved every TIRING_HALF_LIFE_DAYS."""
        return np.exp(-TIRING_RATE * shown) if self.tiring else np.ones(np.shape(shown))

    def demand(self, day: int) -> np.ndarray:
        """Factor (T,) of what every visitor likes of an interest on a day."""
        if not self.seasons:
            return np.ones(INTERESTS)
        month = SEPTEMBER + day / MONTH_DAYS
        share, months = month % 1.0, SEASONS_TM.shape[1]
        now_T, next_T = SEASONS_TM[:, int(month) % months], SEASONS_TM[:, int(month + 1) % months]
        demand_T: np.ndarray = (1.0 - share) * now_T + share * next_T
        return demand_T


SCENARIOS = {
    "stable": Scenario(arrivals=0.5, moves=0.0),
    "drift": Scenario(arrivals=3.0, moves=0.02),
    "satiation": Scenario(arrivals=3.0, moves=0.02, tiring=True),
    "launches": Scenario(arrivals=5.0, moves=0.02, tiring=True),
    "seasonal": Scenario(arrivals=3.0, moves=0.02, tiring=True, seasons=True),
}
