"""Both languages say everything; nothing is said outside the translations; nothing is translated in vain."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from dashboard import i18n
from dashboard.i18n import TranslationError, load_texts, localised, placeholders, t
from data_access.schema import FACT_TABLES, REGION_TABLES

ROOT = Path(__file__).resolve().parents[2]
SCREEN_CODE = sorted(
    [ROOT / "streamlit_app.py", *(ROOT / "pages").rglob("*.py"), *(ROOT / "dashboard").rglob("*.py")],
)
CHINESE = re.compile("[\u3400-\u9fff]")
WORD = re.compile("[A-Za-z]{2,}")
NOT_WORDS = re.compile(r"<[^>]*>|%\{[^}]*\}|\{[^}]*\}")
"""Tags, plotly placeholders and braces inside a text."""

STREAMLIT_TEXTS = {
    *("write", "markdown", "title", "header", "subheader", "caption", "text", "info", "warning", "error", "success"),
    *("button", "checkbox", "radio", "selectbox", "multiselect", "segmented_control", "pills", "toggle", "slider"),
    *("select_slider", "text_input", "number_input", "date_input", "metric", "expander", "popover", "toast", "spinner"),
    *("download_button", "link_button", "form_submit_button", "text_area", "file_uploader", "feedback", "status"),
}
TEXT_KEYWORDS = {
    *("title", "sentence", "unit", "source", "caption", "alt", "help", "placeholder", "label", "reason", "advice"),
    *("compared_with", "change_words", "hovertemplate", "xaxis_title", "yaxis_title", "title_text"),
}
COMPONENTS = {
    "Card",
    "chart_card",
    "Definition",
    "Column",
    "table",
    "draw_figure",
    "section",
    "sentence",
    "empty_state",
}


@cache
def trees() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in SCREEN_CODE}


def place(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}:{node.lineno}"


def called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def spoken_constants(tree: ast.Module) -> Iterator[ast.Constant]:
    """Yield the texts of a module but docstrings and what errors say (those carry both languages, or go to the log)."""
    unspoken: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            unspoken.add(id(node.value))
        is_error = isinstance(node, ast.Raise) or (
            isinstance(node, ast.Call) and called(node).endswith(("Error", "Refused"))
        )
        if is_error:
            unspoken |= {id(inner) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in unspoken:
            yield node


def key_pattern(node: ast.JoinedStr) -> str:
    return "".join(re.escape(part.value) if isinstance(part, ast.Constant) else r"[a-z0-9_]+" for part in node.values)


def asked_keys(tree: ast.Module) -> Iterator[tuple[ast.AST, str, bool]]:
    """Yield what is asked of t(): place, key or pattern, and whether it is a pattern."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) in {"t", "Notice"} and node.args:
            for key in key_expressions(node.args[0]):
                if isinstance(key, ast.Constant):
                    yield key, key.value, False
                elif isinstance(key, ast.JoinedStr):
                    yield key, key_pattern(key), True


def key_expressions(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.IfExp):
        yield from key_expressions(node.body)
        yield from key_expressions(node.orelse)
    else:
        yield node


def test_both_languages_have_the_same_keys():
    chinese, english = set(load_texts("zh")), set(load_texts("en"))
    assert not chinese - english, "only in Chinese"
    assert not english - chinese, "only in English"


def test_both_languages_ask_for_the_same_values():
    chinese, english = load_texts("zh"), load_texts("en")
    # A language may say a count without writing it ("one region").
    different = [key for key in chinese if (placeholders(chinese[key]) ^ placeholders(english[key])) - {"count"}]
    assert not different


def test_english_texts_have_no_chinese_but_the_name_of_the_language():
    found = [key for key, text in load_texts("en").items() if CHINESE.search(str(text)) and key != "language.zh"]
    assert not found


def test_no_text_is_empty():
    for language in i18n.LANGUAGES:
        assert not [key for key, text in load_texts(language).items() if not str(text).strip()]


def test_every_key_the_code_asks_for_is_there():
    keys = set(load_texts("zh"))
    missing = [
        f"{place(path, node)} {asked}"
        for path, tree in trees().items()
        for node, asked, is_pattern in asked_keys(tree)
        if not (any(re.fullmatch(asked, key) for key in keys) if is_pattern else asked in keys)
    ]
    assert not missing


def test_every_table_that_takes_imports_has_a_name():
    missing = [table.name for table in (*REGION_TABLES, *FACT_TABLES) if f"table.{table.name}" not in load_texts("zh")]
    assert not missing


def test_every_key_is_used():
    constants = {node.value for tree in trees().values() for node in spoken_constants(tree)}
    patterns = {
        key_pattern(node) for tree in trees().values() for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)
    }
    dotted = [re.compile(pattern) for pattern in patterns if re.match(r"[a-z_]+\\\.", pattern)]
    unused = [
        key
        for key in load_texts("zh")
        if not key.startswith("native.")  # used as a whole by dashboard.front.shell
        and key not in constants
        and not any(pattern.fullmatch(key) for pattern in dotted)
    ]
    assert not unused


def test_no_chinese_stands_in_code():
    found = [
        f"{place(path, node)} {node.value!r}"
        for path, tree in trees().items()
        for node in spoken_constants(tree)
        if CHINESE.search(node.value)
    ]
    assert not found


def test_no_english_is_shown_that_is_not_a_translation():
    found = []
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = called(node)
            shown = [keyword.value for keyword in node.keywords if keyword.arg in TEXT_KEYWORDS]
            on_streamlit = isinstance(node.func, ast.Attribute) and name in STREAMLIT_TEXTS
            if on_streamlit and isinstance(node.func.value, ast.Name) and node.func.value.id == "st":
                shown += node.args[:1]
            if name in COMPONENTS:
                shown += [argument for argument in node.args if name in {"section", "sentence", "empty_state"}]
            for value in shown:
                parts = value.values if isinstance(value, ast.JoinedStr) else [value]
                for part in parts:
                    if not (isinstance(part, ast.Constant) and isinstance(part.value, str)):
                        continue
                    if WORD.search(NOT_WORDS.sub("", part.value)):
                        found.append(f"{place(path, node)} {part.value!r}")
    assert not found


def test_a_missing_key_is_an_error_and_not_a_blank():
    with pytest.raises(TranslationError, match=r"nowhere\.to_be_found"):
        t("nowhere.to_be_found", "zh")


def test_a_missing_value_is_an_error_that_names_it():
    with pytest.raises(TranslationError, match="source"):
        t("card.source", "zh")


def test_an_unformatted_number_is_refused():
    with pytest.raises(TranslationError, match="formatting"):
        t("card.source", "zh", source=0.1 + 0.2)


def test_english_has_singular_and_plural():
    assert t("footer.late", "en", count=1) == "1 region reports late"
    assert t("footer.late", "en", count=2) == "2 regions report late"
    assert t("footer.late", "en", count=0) == "0 regions report late"
    assert t("footer.late", "zh", count=1) == "1 个地区迟报"


def test_an_unknown_language_is_an_error():
    with pytest.raises(TranslationError, match="fr"):
        t("app.title", "fr")


def test_areas_may_have_files_of_their_own_but_not_the_same_key_twice(tmp_path, monkeypatch):
    monkeypatch.setattr(i18n, "TRANSLATIONS", tmp_path)
    (tmp_path / "zh.toml").write_text('[app]\ntitle = "甲"\n', encoding="utf-8")
    (tmp_path / "map.zh.toml").write_text('[map]\ntitle = "乙"\n', encoding="utf-8")
    assert dict(load_texts.__wrapped__("zh")) == {"app.title": "甲", "map.title": "乙"}
    (tmp_path / "map.zh.toml").write_text('[app]\ntitle = "乙"\n', encoding="utf-8")
    with pytest.raises(TranslationError, match=r"map\.zh\.toml.*app\.title"):
        load_texts.__wrapped__("zh")


def test_a_region_without_an_english_name_keeps_its_own():
    assert localised("en", "青岚县", "Qinglan County") == "Qinglan County"
    assert localised("en", "青岚县", "") == localised("en", "青岚县", None) == "青岚县"
    assert localised("zh", "青岚县", "Qinglan County") == "青岚县"


HALF_WIDTH = re.compile(r"[\u4e00-\u9fff”）][,;:?!(]|[,;:?!()][\u4e00-\u9fff“（]")
"""A sign of punctuation as English sets it, beside a Chinese one."""


def leaves(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        # A "value" is what data are written with, not what a screen says.
        yield from (text for key, each in value.items() if key != "value" for text in leaves(each))
    elif isinstance(value, list):
        yield from (text for each in value for text in leaves(each))
    elif isinstance(value, str):
        yield value


def test_chinese_is_set_with_chinese_punctuation():
    found = [f"{key}: {text}" for key, text in load_texts("zh").items() if HALF_WIDTH.search(str(text))]
    for path in sorted((ROOT / "config").rglob("*.toml")):
        texts = leaves(tomllib.loads(path.read_text(encoding="utf-8")))
        found += [f"{path.name}: {text}" for text in texts if HALF_WIDTH.search(text)]
    assert not found, "Write ，；：？！（） beside Chinese:\n" + "\n".join(found)
