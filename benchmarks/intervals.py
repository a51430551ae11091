"""Means over a few seeds, with 95 % intervals of Student's t, as tables show them."""

import numpy as np
from scipy.stats import t


def half_width(values):
    """Of the interval of a mean, along the first axis."""
    return t.ppf(0.975, len(values) - 1) * values.std(axis=0, ddof=1) / np.sqrt(len(values))


def interval(values):
    """Mean and half-width; NaN is left out."""
    known = values[~np.isnan(values)]
    if not len(known):
        return np.nan, np.nan
    return float(known.mean()), float(half_width(known)) if len(known) > 1 else np.nan


def plain(values, digits=2):
    mean, half = interval(values)
    return f"{mean:.{digits}f} ± {half:.{digits}f}"


def percent(values):
    mean, half = interval(values)
    return f"{100 * mean:+.1f} ± {100 * half:.1f} %".replace("-", "−")
