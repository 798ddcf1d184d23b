"""How likely chance gives a deviation so large: shares between areas that truly differ, last digits, heaps of days."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binom, chi2, t

from dashboard.statistics.estimate import FloatArray

LEAST_AREAS = 5
"""With fewer areas their true differences can't be told from chance, and only the plain binomial is used."""


def outlying_shares(numerator: ArrayLike, denominator: ArrayLike, *, two_sided: bool) -> tuple[FloatArray, FloatArray]:
    """Return each area's usual share (that of the others) and the chance of one so far from it.

    Areas differ for good reasons, too: from five areas on, the limits are widened by the variance between the others
    (arcsine scale, Spiegelhalter 2005), and the score is held against Student's t, since that variance is itself
    measured on few areas.

    Parameters
    ----------
    numerator, denominator : array_like, shape (areas,)
    two_sided : bool
        Also the chance of one so low; otherwise only high shares count.
    """
    part, whole = np.asarray(numerator, float), np.asarray(denominator, float)
    usual = np.full(part.shape, np.nan)
    chance = np.full(part.shape, np.nan)
    known = (whole > 0) & ~np.isnan(part)
    if known.sum() < 2:
        return usual, chance
    others_part, others_whole = part[known].sum() - part[known], whole[known].sum() - whole[known]
    usual[known] = np.divide(others_part, others_whole, out=np.full(known.sum(), np.nan), where=others_whole > 0)
    if known.sum() < LEAST_AREAS:
        high = binom.sf(part[known] - 1, whole[known], usual[known])
        low = binom.cdf(part[known], whole[known], usual[known])
        chance[known] = np.minimum(2 * np.minimum(high, low), 1.0) if two_sided else high
        return usual, chance
    own_part, own_whole = part[known], whole[known]
    rest_part, rest_whole = (_without_each(of).sum(axis=1) for of in (own_part, own_whole))
    # Half an event and half a non-event more: where no other area has any, one that has many still stands out.
    expected = (rest_part + 0.5) / (rest_whole + 1)
    spread = _spread_of_others(own_part, own_whole, expected)
    deviation = np.arcsin(np.sqrt(own_part / own_whole)) - np.arcsin(np.sqrt(expected))
    others = len(own_part) - 1
    score = deviation / np.sqrt(1 / (4 * own_whole) + spread + (1 / (4 * rest_whole) + spread / others))
    chance[known] = 2 * t.sf(abs(score), others - 1) if two_sided else t.sf(score, others - 1)
    return usual, chance


def _spread_of_others(part: FloatArray, whole: FloatArray, expected: FloatArray) -> FloatArray:
    """Return for each area the variance between all others, about what is expected of these.

    As :func:`dashboard.statistics.funnels.proportion_overdispersion` has it without pulling any in, for all areas at once.
    """
    share, weight = _without_each(part / whole), 4 * _without_each(whole)
    scores = (np.arcsin(np.sqrt(share)) - np.arcsin(np.sqrt(expected))[:, None]) * np.sqrt(weight)
    others, total = weight.shape[1], weight.sum(axis=1)
    beyond_chance = others * np.mean(scores**2, axis=1) - (others - 1)
    return np.maximum(0.0, beyond_chance / (total - (weight**2).sum(axis=1) / total))


def _without_each(values: FloatArray) -> FloatArray:
    """Return a row for each value, of all the others in their order."""
    count = len(values)
    return np.tile(values, (count, 1))[~np.eye(count, dtype=bool)].reshape(count, count - 1)


def uneven_digits(counts: ArrayLike) -> FloatArray:
    """Return the chance of last digits so uneven when each of the ten is equally likely (χ², 9 degrees of freedom).

    Parameters
    ----------
    counts : array_like, shape (areas, 10)
    """
    seen = np.asarray(counts, float)
    total = seen.sum(axis=1)
    expected = np.where(total > 0, total / 10, np.nan)[:, None]
    return np.where(total > 0, chi2.sf(((seen - expected) ** 2 / expected).sum(axis=1), 9), np.nan)


def heaped(part: ArrayLike, whole: ArrayLike, share: float) -> FloatArray:
    """Return the chance of so many rows on some days when all days are alike.

    Parameters
    ----------
    share : float
        Share of the days.
    """
    rows, heap = np.asarray(whole, float), np.asarray(part, float)
    return np.where(rows > 0, binom.sf(heap - 1, rows, share), np.nan)
