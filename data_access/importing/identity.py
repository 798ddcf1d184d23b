"""Refuse columns that look like personal identities: nothing of the kind may enter the database."""

from __future__ import annotations

import re
import unicodedata

import pandas as pd

from data_access.errors import ImportRefused
from data_access.importing.cells import as_text
from data_access.importing.settings import import_settings

SAMPLE = 5000


def refuse_identities(rows: pd.DataFrame, numbers: pd.Series, dropped: tuple[str, ...], file: str) -> None:
    """Raise when a column that is not dropped looks like a personal identity by its name or its cells.

    Raises
    ------
    ImportRefused
        Naming the file, the column, and a row that shows it (never the value).
    """
    settings = import_settings()
    names = re.compile("|".join(f"(?:{pattern})" for pattern in settings.identity_names), re.IGNORECASE)
    values = "|".join(f"(?:{pattern})" for pattern in settings.identity_values)
    for column in rows.columns:
        if column in dropped:
            continue
        if names.search(column):
            raise _refused(file, column, "by its name", "列名")
        cells = rows[column].head(SAMPLE).dropna()
        if cells.empty or not (pd.api.types.is_string_dtype(cells) or pd.api.types.is_numeric_dtype(cells)):
            continue
        alike = as_text(cells).str.fullmatch(values).fillna(False).astype(bool)
        if alike.mean() >= settings.identity_share:
            row = int(numbers.loc[cells.index[int(alike.to_numpy().argmax())]])
            raise _refused(file, column, f"by its cells (for example row {row})", f"内容（如第{row}行）")


def looks_like_identity(cells: pd.Series) -> pd.Series:
    """Return which cells match a pattern of an identity whole."""
    values = "|".join(f"(?:{pattern})" for pattern in import_settings().identity_values)
    return cells.str.fullmatch(values).fillna(False).astype(bool)


def mentions_identity(text: str) -> bool:
    """Return whether an identity stands anywhere in ``text``, also with spaces or dashes between its digits."""
    plain = unicodedata.normalize("NFKC", text)
    closed = re.sub(r"(?<=\d)[ -](?=[\dXx])", "", plain)
    values = "|".join(f"(?:{pattern})" for pattern in import_settings().identity_values)
    pattern = re.compile(rf"(?<![\w.])(?:{values})(?![\w])", re.ASCII)
    return any(pattern.search(each) for each in (plain, closed))


def _refused(file: str, column: str, english: str, chinese: str) -> ImportRefused:
    return ImportRefused(
        f"{file}: column {column!r} looks like a personal identity {english}. Personal data are not imported: remove the "
        f'column, or list it under drop = ["{column}"] in the mapping.',
        f"{file}：列“{column}”从{chinese}看疑似个人身份信息。本系统不接收个人信息，请删除该列，"
        f'或在映射文件中写明 drop = ["{column}"]。',
        code="identity",
        file=file,
        column=column,
    )
