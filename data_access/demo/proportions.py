"""Whole numbers, stocks and probabilities that the other parts are drawn with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def shares(total: int, weights: np.ndarray) -> np.ndarray:
    """Return whole numbers in proportion to ``weights`` that add up to ``total`` (largest remainders)."""
    exact = total * weights / weights.sum()
    whole = np.floor(exact).astype(int)
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[: total - whole.sum()]] += 1
    return whole


def month_ends(year_ends: Sequence[float] | np.ndarray, months: int) -> np.ndarray:
    """Return a stock at the end of each month, in a straight line between its values at the ends of years."""
    values = np.array(year_ends, float)
    before = max(0.0, 2 * values[0] - values[1])
    return np.interp(np.arange(months), np.arange(-1, len(values) * 12, 12), [before, *values])


def success(mean: float | np.ndarray, quality: np.ndarray, spread: float) -> np.ndarray:
    """Return probabilities around ``mean`` that rise with quality, on the logit scale."""
    return 1 / (1 + np.exp(-(np.log(mean / (1 - mean)) + spread * quality)))
