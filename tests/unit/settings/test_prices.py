"""Prices and CO2 by date, and the language of the pages: what is refused is named in words that say what to write."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from elc.errors import ElcError
from elc.settings import Carrier, Settings, parse_settings

ROOT = Path(__file__).resolve().parents[3]
GAS = "plants.fjord.carriers.gas"


def parse(change: Callable[[dict[str, Any]], object]) -> Settings:
    content = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    change(content)
    return parse_settings(yaml.safe_dump(content, sort_keys=False))


def parse_gas(**keys: Any) -> Carrier:
    changed = parse(lambda content: content["plants"]["fjord"]["carriers"]["gas"].update(keys))
    return changed.plants["fjord"].carriers["gas"]


def test_a_number_holds_always() -> None:
    gas = parse_gas(price_per_gj=-1.5, co2_kg_per_gj=0)  # a price may be below zero, as on a bad day of electricity
    assert gas.find_price(date(1990, 1, 1)) == gas.find_price(date(2050, 1, 1)) == -1.5
    assert gas.find_co2(date(2026, 1, 1)) == 0


def test_null_is_not_known_and_never_nothing() -> None:
    gas = parse_gas(price_per_gj=None, co2_kg_per_gj=None)
    assert math.isnan(gas.find_price(date(2026, 1, 1)))
    assert math.isnan(gas.find_co2(date(2026, 1, 1)))


def test_each_number_holds_from_its_date_until_the_next() -> None:
    gas = parse_gas(price_per_gj={"2025-01-01": 9.0, "2026-01-01": 10.5}, co2_kg_per_gj={"2025-06-01": 56.1})
    days = [date(2024, 12, 31), date(2025, 1, 1), date(2025, 12, 31), date(2026, 1, 1), date(2030, 1, 1)]
    found = [gas.find_price(day) for day in days]
    assert math.isnan(found[0])
    assert found[1:] == [9.0, 9.0, 10.5, 10.5]
    assert [math.isnan(gas.find_co2(day)) for day in days] == [True, True, False, False, False]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("abc", ": found 'abc': Input should be a valid number, unable to parse string as a number."),
        ([9.0], ": found [9.0]: Input should be a valid number."),
        ({}, ": found {}: no date is given; write a number, or dates with one each."),
        ({"2026-01-01": "x"}, ".2026-01-01: found 'x': Input should be a valid number, unable to parse"),
        ({"2026-01-01": None}, ".2026-01-01: found None: Input should be a valid number."),
        ({"soon": 9.0}, ".soon: found 'soon': soon is not a date; write it in quotes as in \"2026-04-01\"."),
        ({"2026-02-30": 9.0}, ".2026-02-30: found '2026-02-30': 2026-02-30 is not a date; write it in quotes as in \""),
        (
            {date(2026, 1, 1): 9.0},
            ".2026-01-01: found '2026-01-01': write a date in quotes, as in \"2026-01-01\".",
        ),
        (
            {"2026-01-01": 9.0, "2025-01-01": 8.0},
            ": found {'2026-01-01': 9.0, '2025-01-01': 8.0}: write each date once, earliest first.",
        ),
        (
            {"2026-01-01": 9.0, "20260101": 8.0},
            ": found {'2026-01-01': 9.0, '20260101': 8.0}: write each date once, earliest first.",
        ),
    ],
)
@pytest.mark.parametrize("key", ["price_per_gj", "co2_kg_per_gj"])
def test_what_is_neither_a_number_nor_dated_ones_is_one_fault(key: str, given: Any, words: str) -> None:
    with pytest.raises(ElcError, match=re.escape(f"params.yaml: {GAS}.{key}{words}")) as caught:
        parse_gas(**{key: given})
    assert "faults" not in str(caught.value)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_number_must_be_finite(number: float) -> None:
    for given in (number, {"2026-01-01": number}):
        with pytest.raises(ElcError, match=rf"{GAS}\.price_per_gj.*: Input should be a finite number\."):
            parse_gas(price_per_gj=given)


@pytest.mark.parametrize("given", [-1, {"2025-01-01": 56.1, "2026-01-01": -1}])
def test_energy_takes_no_co2_from_the_air(given: Any) -> None:
    with pytest.raises(
        ElcError, match=rf"{GAS}\.co2_kg_per_gj: found .*: no energy removes CO2 from the air; write 0 or"
    ):
        parse_gas(co2_kg_per_gj=given)


def test_energy_that_is_used_at_any_load_is_not_below_zero() -> None:
    def change(given: float) -> Callable[[dict[str, Any]], object]:
        return lambda content: content["plants"]["fjord"].update(base={"fixed_gj_per_h": given})

    assert parse(change(120.0)).plants["fjord"].base.fixed_gj_per_h == 120
    assert parse(lambda _: None).plants["fjord"].base.fixed_gj_per_h == 0
    with pytest.raises(
        ElcError,
        match=r"plants\.fjord\.base\.fixed_gj_per_h: found -2\.0: write what the plant uses whatever its load",
    ):
        parse(change(-2.0))


def test_every_wrong_date_is_named() -> None:
    with pytest.raises(
        ElcError, match=r"(?s)^params\.yaml: 3 faults.*gj\.soon: found 'soon'.*gj\.soon: found 'x'.*gj\.late"
    ):
        parse_gas(price_per_gj={"soon": "x", "late": 2.0})


@pytest.mark.parametrize("code", ["en", "nb"])
def test_language_is_one_that_pages_speak(code: str) -> None:
    assert parse(lambda content: content["site"].update(language=code)).site.language == code


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("nn", "found 'nn': language nn is unknown; expected one of en, nb."),
        ("NB", "found 'NB': language NB is unknown; expected one of en, nb."),
        (False, "found False: Input should be a valid string."),  # YAML's `no`, for Norwegian
    ],
)
def test_other_languages_are_refused_with_those_there_are(given: Any, words: str) -> None:
    with pytest.raises(ElcError, match=re.escape(f"params.yaml: site.language: {words}")):
        parse(lambda content: content["site"].update(language=given))
