"""一票否决 and 一票否优: two fields, each with its own state; entered by people, never made by the program."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.grading.townships.settings import VetoWords, matrix_settings

FIELDS = ("rejection", "no_excellence")
COLUMNS = ("region_code", "year", "veto_kind", "status")


def veto_fields(
    vetoes: pd.DataFrame | None, codes: Sequence[str], year: int, words: VetoWords | None = None
) -> pd.DataFrame:
    """Return the state of both kinds of veto.

    Parameters
    ----------
    vetoes : DataFrame or None
        Rows with ``region_code, year, veto_kind, status``, in the words of config/township_matrix.toml.
    codes : sequence of str
    year : int
    words : VetoWords, optional

    Returns
    -------
    DataFrame
        Indexed by ``codes``: ``rejection`` (一票否决) and ``no_excellence`` (一票否优), each a state or an empty text.

    Examples
    --------
    >>> rows = pd.DataFrame([("a", 2024, "否优", "待核"), ("a", 2024, "否优", "成立")], columns=list(COLUMNS))
    >>> veto_fields(rows, ["a", "b"], 2024).loc["a"].tolist()
    ['', '成立']
    """
    said = words or matrix_settings().veto
    fields = pd.DataFrame("", index=pd.Index(list(codes), name="region_code"), columns=list(FIELDS))
    if vetoes is None or vetoes.empty:
        return fields
    kinds = {said.rejection: "rejection", said.no_excellence: "no_excellence"}
    _refuse_unknown(vetoes, {"veto_kind": tuple(kinds), "status": said.states})
    own = vetoes[(vetoes["year"] == year) & vetoes["region_code"].isin(fields.index)]
    rank = own["status"].map({state: place for place, state in enumerate(said.states)})
    for row in own.loc[rank.sort_values(kind="stable").index, list(COLUMNS)].to_dict("records"):
        fields.at[row["region_code"], kinds[row["veto_kind"]]] = row["status"]
    return fields


def upheld(
    vetoes: pd.DataFrame | None,
    codes: Sequence[str],
    years: Iterable[int],
    fields: Sequence[str],
    words: VetoWords | None = None,
) -> NDArray[np.bool_]:
    """Return which regions have a veto in one of ``fields`` upheld in each year, shape (regions, years)."""
    said, wanted = words or matrix_settings().veto, list(years)
    result = np.zeros((len(codes), len(wanted)), bool)
    for place, year in enumerate(wanted):
        states = veto_fields(vetoes, codes, year, said)[list(fields)]
        result[:, place] = (states == said.upheld).any(axis=1)
    return result


def _refuse_unknown(vetoes: pd.DataFrame, known: dict[str, tuple[str, ...]]) -> None:
    for column, allowed in known.items():
        wrong = vetoes.loc[~vetoes[column].isin(allowed)]
        if len(wrong):
            first = wrong.iloc[0]
            raise ValueError(
                f"Veto of region {first['region_code']} in {first['year']}: {column} {first[column]!r} is none of "
                f"{', '.join(allowed)}."
            )
