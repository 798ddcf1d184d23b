"""Texts of the screen in Chinese and English, read from assets/translations."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from string import Formatter
from types import MappingProxyType
from typing import TypeAlias

LANGUAGES = ("zh", "en")
DEFAULT_LANGUAGE = "zh"
HTML_LANGUAGE = {"zh": "zh-CN", "en": "en"}
"""What the page's lang attribute says."""

TRANSLATIONS = Path(__file__).resolve().parent.parent / "assets" / "translations"
PLURAL_FORMS = {"one", "other"}

Text: TypeAlias = str | Mapping[str, str]


class TranslationError(LookupError):
    """A text is missing, doubly defined, or was given the wrong values."""


def t(key: str, language: str, **values: object) -> str:
    """Return the text of ``key`` with ``values`` filled in.

    Parameters
    ----------
    key : str
        Dotted key, e.g. ``"card.data_through"``.
    language : {"zh", "en"}
    **values
        What the placeholders stand for. Pass numbers with decimals as text from :mod:`dashboard.formatting`; a text
        with singular and plural forms chooses by the whole number ``count``.

    Raises
    ------
    TranslationError
        When the key or a value is missing, or a float is passed.
    """
    texts = load_texts(language)
    if key not in texts:
        raise TranslationError(f"No text {key!r} in assets/translations for language {language!r}; add it.")
    text = texts[key]
    if not isinstance(text, str):
        count = values.get("count")
        if not isinstance(count, int):
            raise TranslationError(f"Text {key!r} has plural forms; pass count= as a whole number, not {count!r}.")
        text = text["one" if abs(count) == 1 and "one" in text else "other"]
    for name, value in values.items():
        if isinstance(value, float):
            raise TranslationError(f"Text {key!r}: format {name}={value!r} with dashboard.formatting first.")
    try:
        return text.format_map(values) if "{" in text or "}" in text else text
    except (KeyError, IndexError, ValueError) as error:
        raise TranslationError(f"Text {key!r} ({language}) needs the value {error}; pass it to t().") from error


@lru_cache(maxsize=len(LANGUAGES))
def load_texts(language: str) -> Mapping[str, Text]:
    """Read all texts of ``language``: ``zh.toml`` and any ``<area>.zh.toml`` beside it, as one flat mapping.

    Raises
    ------
    TranslationError
        When a file can't be read, a leaf is not text, or two files define the same key.
    """
    if language not in LANGUAGES:
        raise TranslationError(f"There is no language {language!r}; use one of {', '.join(LANGUAGES)}.")
    texts: dict[str, Text] = {}
    for path in [
        TRANSLATIONS / f"{language}.toml",
        *sorted(TRANSLATIONS.glob(f"*.{language}.toml")),
    ]:
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise TranslationError(f"assets/translations/{path.name} can't be read: {error}.") from error
        for key, text in _flatten(tables, path.name):
            if key in texts:
                raise TranslationError(f"assets/translations/{path.name}: {key!r} is already defined elsewhere.")
            texts[key] = text
    return MappingProxyType(texts)


def placeholders(text: Text) -> set[str]:
    """Return the names in braces that ``text`` (all its forms) asks for."""
    forms = text.values() if isinstance(text, Mapping) else [text]
    return {name for form in forms for _, name, _, _ in Formatter().parse(form) if name}


def localised(language: str, name: str, name_en: str | None) -> str:
    """Return ``name_en`` on the English screen where there is one, else ``name``."""
    return name_en if language == "en" and isinstance(name_en, str) and name_en else name


def _flatten(tables: Mapping, file: str, prefix: str = "") -> list[tuple[str, Text]]:
    flat: list[tuple[str, Text]] = []
    for name, value in tables.items():
        key = f"{prefix}{name}"
        if isinstance(value, str):
            flat.append((key, value))
        elif isinstance(value, Mapping) and value and set(value) <= PLURAL_FORMS and "other" in value:
            flat.append((key, MappingProxyType(dict(value))))
        elif isinstance(value, Mapping):
            flat += _flatten(value, file, f"{key}.")
        else:
            raise TranslationError(f"assets/translations/{file}: {key} must be text, not {value!r}.")
    return flat
