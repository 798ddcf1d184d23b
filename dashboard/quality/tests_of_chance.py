"""How likely chance gives a deviation so large: shares between areas that truly differ, last digits, heaps of days."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binom, chi2, t

from dashboard.statistics.estimate import FloatArray
from dashboard.statistics.funnels import proportion_overdispersion

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
    places = np.flatnonzero(known)
    score = np.full(part.shape, np.nan)
    for place in places:
        rest = places[places != place]
        # Half an event and half a non-event more: where no other area has any, one that has many still stands out.
        expected = (part[rest].sum() + 0.5) / (whole[rest].sum() + 1)
        spread = proportion_overdispersion(part[rest], whole[rest], expected, winsorised=0.0).tau2
        deviation = np.arcsin(np.sqrt(part[place] / whole[place])) - np.arcsin(np.sqrt(expected))
        noise = 1 / (4 * whole[place]) + spread + (1 / (4 * whole[rest].sum()) + spread / len(rest))
        score[place] = deviation / np.sqrt(noise)
    freedom = len(places) - 2
    chance[known] = 2 * t.sf(abs(score[known]), freedom) if two_sided else t.sf(score[known], freedom)
    return usual, chance


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
