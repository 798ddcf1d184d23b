"""What every statistic returns (value, limits, method) and how its input is checked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

FloatArray = NDArray[np.float64]
UNDEFINED = "undefined"


class StatisticsError(ValueError):
    """Input from which no number may be computed; the message names the argument, the position and the value."""


@dataclass(frozen=True)
class Estimate:
    """A number with its limits and the name of the method that gave them.

    Parameters
    ----------
    value, lower, upper : ndarray of float
        Same shape; NaN where the number or its limits are not defined.
    method : str or ndarray of str
        Stable key per element, such as ``exact_poisson``, ``byar``, ``wilson`` or ``undefined``.
    confidence : float
        Confidence level of the interval, for example 0.95.
    """

    value: FloatArray
    lower: FloatArray
    upper: FloatArray
    method: str | NDArray[np.str_]
    confidence: float

    def to_frame(self, index: pd.Index | None = None) -> pd.DataFrame:
        """Lay a one-dimensional estimate out as columns ``value, lower, upper, method``.

        Parameters
        ----------
        index : pandas.Index, optional
            Labels of the rows, for example region codes.
        """
        value = np.atleast_1d(self.value)
        if value.ndim != 1:
            raise StatisticsError(f"to_frame: a table needs one dimension, this estimate has {value.ndim}")
        columns = {
            "value": value,
            "lower": np.atleast_1d(self.lower),
            "upper": np.atleast_1d(self.upper),
            "method": np.broadcast_to(np.asarray(self.method), value.shape),
        }
        return pd.DataFrame(columns, index=index)


def as_numbers(name: str, values: ArrayLike) -> FloatArray:
    """Turn input into floats; missing becomes NaN; text and infinity are refused by name and position."""
    if isinstance(values, pd.Series | pd.Index):
        try:
            numbers = values.to_numpy(dtype=float, na_value=np.nan)
        except (TypeError, ValueError) as failure:
            raise StatisticsError(f"{name}: every element must be a number ({failure})") from failure
    else:
        try:
            numbers = np.asarray(values, dtype=float)
        except (TypeError, ValueError) as failure:
            raise StatisticsError(f"{name}: every element must be a number ({failure})") from failure
    refuse(name, numbers, np.isinf(numbers), "must be finite")
    return numbers


def as_counts(name: str, values: ArrayLike) -> FloatArray:
    """Turn input into non-negative floats (fractions are allowed, NaN means missing)."""
    numbers = as_numbers(name, values)
    refuse(name, numbers, numbers < 0, "must not be negative")
    return numbers


def refuse(name: str, numbers: FloatArray, wrong: NDArray[np.bool_], rule: str) -> None:
    """Raise `StatisticsError` naming the first wrong element, if there is one."""
    if not np.any(wrong):
        return
    if numbers.ndim == 0:
        raise StatisticsError(f"{name}: {rule}, got {float(numbers):g}")
    position = tuple(int(step) for step in np.argwhere(wrong)[0])
    place = position[0] if len(position) == 1 else position
    raise StatisticsError(
        f"{name}: {rule}, got {float(numbers[position]):g} at position {place} ({int(wrong.sum())} in all)"
    )


def together(**named: FloatArray) -> tuple[FloatArray, ...]:
    """Broadcast the arguments to one shape, or say which shapes do not fit."""
    try:
        return tuple(np.broadcast_arrays(*named.values()))
    except ValueError as failure:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in named.items())
        raise StatisticsError(f"the shapes do not fit together: {shapes}") from failure


def check_confidence(confidence: float) -> float:
    """Return the confidence level if it lies strictly between 0 and 1."""
    if not 0 < confidence < 1:
        raise StatisticsError(f"confidence: must lie between 0 and 1, such as 0.95, got {confidence}")
    return float(confidence)


def normal_quantile(confidence: float) -> float:
    """Return the two-sided normal quantile: 1.95996 at 0.95 and 3.09023 at 0.998."""
    return float(ndtri(0.5 + check_confidence(confidence) / 2))
