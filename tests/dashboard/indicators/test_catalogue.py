"""Every indicator says what it is, where it comes from and how it may be shown; a mistake is named where it stands."""

from __future__ import annotations

import copy
import re
import tomllib

import pytest

from dashboard.indicators.catalogue import LEVELS, find_indicator, load_catalogue, read_catalogue, systems
from dashboard.indicators.presentation import definition
from data_access.access import CONFIG
from data_access.errors import ConfigError
from data_access.measures import load_measures

REQUIRED = {
    *("GRD1 GRD2 GRD3 GRD4 MT1 MT2 MT3 MT4 MT5 YJ1 YJ2 YJ3 YJ4 YJ5 BH1 BH2 BH2b BH3 BH4 BH5 BH6".split()),
    *("YG1 YG2 YG3 YG4 YG5 YG6 HM1 HM2 HM3 HM4 AZ1 AZ2 AZ3 AZ4 AZ5 XL1 XL2 XL3 XL4 XL5 XL6".split()),
    *("KF1 KF2 KF3 KF4 JQ1 JQ2 JQ3 JQ4a JQ5 JQ6 ZR1 ZR2 ZR3 ZR4 ZR5 ZR6 BA1 BA2 BA3 BA4 BA5".split()),
    *("HS1 HS2 HS3 JF1 JF2 JF3 BZ1 TJ1 TJ2 WG1 JJ1 JJ2 JJ3 KH1 KH2 SF1 SF2 SF3 SF4 SF5".split()),
    "homicide_victim_rate",
}
CHINESE = re.compile("[\u3400-\u9fff]")


@pytest.fixture
def outcome_file() -> dict:
    return copy.deepcopy(tomllib.loads((CONFIG / "indicators" / "outcome.toml").read_text(encoding="utf-8")))


def test_every_system_of_the_work_has_its_indicators():
    assert not REQUIRED - set(load_catalogue())


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_indicator_can_be_defined_on_a_page(language):
    optional = {"denominator", "unavailable_reason"}
    for indicator in load_catalogue().values():
        facts = definition(indicator, language)
        blank = [name for name, text in facts.items() if not text and name not in optional]
        assert not blank, (indicator.id, blank)
        assert facts["unavailable_reason"] if not indicator.available else not facts["unavailable_reason"]
        if indicator.kind in ("rate", "proportion", "mean"):
            assert facts["denominator"], indicator.id


def test_english_texts_are_english_and_chinese_texts_chinese():
    for indicator in load_catalogue().values():
        english = [
            text
            for text in definition(indicator, "en").values()
            for text in ([text] if isinstance(text, str) else text)
        ]
        assert not [text for text in english if CHINESE.search(text)], indicator.id
        for text in (indicator.name, indicator.definition, *indicator.caveats, indicator.source):
            assert CHINESE.search(text), indicator.id


def test_every_measure_an_indicator_names_is_declared():
    for indicator in load_catalogue().values():
        assert set(indicator.measures) <= set(load_measures()), indicator.id


def test_what_is_available_can_be_computed_and_what_is_not_says_why():
    for indicator in load_catalogue().values():
        computable = bool(indicator.numerator or indicator.histogram or indicator.components)
        assert computable == indicator.available, indicator.id


def test_people_of_key_groups_are_counted_by_county_at_the_finest():
    for indicator in load_catalogue().values():
        if any(load_measures()[name].sensitive for name in indicator.measures):
            assert indicator.suppression == "below_10"
            assert LEVELS.index(indicator.finest_level) <= LEVELS.index("county")


def test_the_number_of_disputes_is_neither_good_nor_bad():
    assert find_indicator("MT1").direction == find_indicator("MT1r").direction == "neutral"


def test_the_outcome_of_the_demonstration_city_is_in_the_catalogue(reader):
    assert find_indicator(reader.snapshot().dataset["headline"]).id == "JQ2"


def test_systems_stand_in_their_order():
    orders = [system.order for system in systems()]
    assert orders == sorted(orders)


def test_an_unknown_indicator_is_an_error_that_names_it():
    with pytest.raises(ConfigError, match="'nowhere'") as error:
        find_indicator("nowhere")
    assert "nowhere" in error.value.message("zh")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"direction": "upwards"}, r"JQ2\.direction.*'upwards'"),
        ({"definition_en": ""}, r"JQ2\.definition_en"),
        ({"numerator": [{"measure": "unicorns"}]}, r"JQ2\.numerator\.0.*unicorns"),
        ({"numerator": [{"measure": "homicide_from_dispute", "class_code": ["01"]}]}, "not counted by class"),
        ({"numerator": [{"measure": "volunteers"}]}, "is a stock"),
        ({"denominator": []}, "a rate needs a denominator"),
        ({"caveats_en": ["one", "two", "three"]}, "same number of sentences"),
        ({"version": "2.0"}, "not the last of history"),
        ({"finest_level": "house"}, r"JQ2\.finest_level"),
        ({"surprise": 1}, r"JQ2\.surprise"),
        ({"available": False}, "unavailable_reason"),
    ],
)
def test_a_mistake_names_file_indicator_and_key(outcome_file, change, message):
    outcome_file["indicators"]["JQ2"] |= change
    with pytest.raises(ConfigError, match=message) as error:
        read_catalogue({"indicators/outcome.toml": outcome_file})
    assert "config/indicators/outcome.toml" in str(error.value)
    assert "JQ2" in str(error.value)


def test_a_missing_key_is_named(outcome_file):
    del outcome_file["indicators"]["JQ2"]["unit_en"]
    with pytest.raises(ConfigError, match=r"JQ2\.unit_en"):
        read_catalogue({"indicators/outcome.toml": outcome_file})


def test_a_sensitive_indicator_can_t_be_declared_for_townships(outcome_file):
    outcome_file["indicators"]["JQ2"] |= {
        "kind": "proportion",
        "numerator": [{"measure": "handover_done"}],
        "denominator": [{"measure": "handover_due"}],
    }
    with pytest.raises(ConfigError, match="key group"):
        read_catalogue({"indicators/outcome.toml": outcome_file})


def test_two_files_can_t_declare_one_id(outcome_file):
    other = copy.deepcopy(outcome_file)
    other["system"] |= {"id": "other", "order": 999}
    with pytest.raises(ConfigError, match=r"'JQ2' is already used in config/indicators/a\.toml"):
        read_catalogue({"indicators/a.toml": outcome_file, "indicators/b.toml": other})


def test_a_component_must_exist(outcome_file):
    outcome_file["indicators"] = {
        "LOW": outcome_file["indicators"]["JQ3"]
        | {"kind": "minimum", "components": ["JQ3", "none"], "numerator": [], "denominator": [], "interval": False},
        "JQ3": outcome_file["indicators"]["JQ3"],
    }
    with pytest.raises(ConfigError, match=r"LOW\.components.*'none'"):
        read_catalogue({"indicators/outcome.toml": outcome_file})
