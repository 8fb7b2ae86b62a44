"""Sentences and numbers in the language that was chosen, and the files of translations held against the code."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from elc.errors import ElcError
from elc.pages import language

NAN = float("nan")

NBSP = "\u00a0"


def test_english_is_what_the_code_says() -> None:
    assert language.say("{plant} runs at its best.", plant="Fjord") == "Fjord runs at its best."
    assert language.get_language() == "en"


def test_norwegian_is_what_its_file_says() -> None:
    language.choose("nb")
    assert language.say("{count} findings", count=2) == "2 funn"
    assert language.translate("a sentence that nobody translated") == "a sentence that nobody translated"


@pytest.mark.parametrize(("count", "english", "norwegian"), [(1, "1 file", "1 fil"), (2, "2 files", "2 filer")])
def test_a_count_has_the_form_of_its_language(count: int, english: str, norwegian: str) -> None:
    said = "{{count}} {} of what the service was asked cannot be read, so what is in {} is not monitored."
    one, many = said.format("file", "it"), said.format("files", "them")
    assert language.say_count(one, many, count).startswith(f"{english} of what")
    language.choose("nb")
    assert language.say_count(one, many, count).startswith(f"{norwegian} med det")
    assert language.say_count("{count} stone", "{count} stones", count) == f"{count} stone{'s' * (count > 1)}"


def test_a_number_of_python_is_written_as_the_language_does() -> None:
    assert language.localise("1,234.5") == "1,234.5"
    language.choose("nb")
    assert language.localise("1,234.5") == f"1{NBSP}234,5"
    assert language.translate("") == ""


def test_an_unknown_language_is_refused_by_name() -> None:
    with pytest.raises(ElcError, match=r"params\.yaml: site\.language nn is unknown: did you mean nb\?"):
        language.choose("nn")


@pytest.mark.parametrize(
    ("value", "digits", "english", "norwegian"),
    [
        (12345.67, 1, "12,345.7", f"12{NBSP}345,7"),
        (-3.04, 1, "−3.0", "−3,0"),
        (-0.04, 1, "0.0", "0,0"),
        (1234.0, 0, "1,234", f"1{NBSP}234"),
        (float("nan"), 1, "–", "–"),
        (None, 0, "–", "–"),
    ],
)
def test_numbers(value: float | None, digits: int, english: str, norwegian: str) -> None:
    assert language.format_number(value, digits) == english
    language.choose("nb")
    assert language.format_number(value, digits) == norwegian


def test_signs_shares_and_times() -> None:
    assert language.format_number(2.0, 1, is_signed=True) == "+2.0"
    assert language.format_share(0.0364, 1) == f"3.6{NBSP}%"
    assert language.format_share(None, 1) == "–"
    time = datetime(2026, 11, 22, 13, tzinfo=ZoneInfo("Europe/Oslo"))
    assert language.format_time(time) == "Sun 22 Nov 2026 13:00"
    assert language.format_short_time(time) == "Sun 22 Nov 13:00"
    assert language.format_short_day(time) == "22 Nov"
    assert [language.format_plain(value) for value in (0.05, -7.0, float("nan"))] == ["0.05", "−7", "–"]
    language.choose("nb")
    assert language.format_share(0.0364, 1) == f"3,6{NBSP}%"
    assert language.format_time(time) == "søn. 22. nov. 2026 13:00"
    assert language.format_short_time(time) == "søn. 22. nov. 13:00"
    assert language.format_date_alone(time) == "22. nov. 2026"
    assert language.format_plain(0.05) == "0,05"


def test_words_that_status_json_keeps_are_said_in_the_language() -> None:
    assert [language.say_health(word) for word in ("sound", "1 finding", "3 findings")] == [
        "sound",
        "1 finding",
        "3 findings",
    ]
    assert language.say_version("v1.2.0 in prod") == "v1.2.0 in prod"
    language.choose("nb")
    assert [language.say_health(word) for word in ("sound", "1 finding", "3 findings")] == [
        "i orden",
        "1 funn",
        "3 funn",
    ]
    assert language.say_version("v1.2.0 in prod") == "v1.2.0 i prod"
    assert language.say_state("trip") == "ute av drift"
    assert language.say_list(["a", "b", "c"]) == "a, b og c"


def test_no_test_speaks_what_another_chose() -> None:
    assert language.get_language() == "en"


@pytest.mark.parametrize(
    ("size", "digits"),
    [(0.5, 4), (1.0, 4), (5.0, 3), (50.0, 2), (500.0, 1), (2000.0, 1), (2001.0, 0), (5000.0, 0), (NAN, 1), (0.0, 1)],
)
def test_energies_have_the_digits_that_the_plant_needs(size: float, digits: int) -> None:
    assert language.find_digits(size) == digits
    assert language.format_energy(0.068 * size, size=size, is_signed=True) == (
        "–" if size != size else language.format_number(0.068 * size, digits, is_signed=True)
    )


@pytest.mark.parametrize(
    ("value", "size", "text"),
    [
        (25.3, 1000.0, "25"), (3.14, 1000.0, "3.1"), (0.314, 1000.0, "0.3"), (-0.04, 1000.0, "0.0"),
        (0.068, 1.0, "0.068"), (0.00012, 1.0, "0.0001"), (-1234.0, 5000.0, "−1,234"), (0.0, 1.0, "0"),
        (None, 1.0, "–"), (NAN, 1.0, "–"),
    ],
)  # fmt: skip
def test_an_energy_that_stands_alone_has_two_significant_digits(value: float | None, size: float, text: str) -> None:
    assert language.format_short_energy(value, size=size) == text


def test_money_and_co2_of_small_plants_are_not_zero() -> None:
    assert [language.format_money(value) for value in (262.4, 9.996, 0.71, -0.714, 7.0, None)] == [
        "262", "10", "0.71", "−0.71", "7", "–",
    ]  # fmt: skip
    assert [language.format_co2(value) for value in (14.23, 1.4, 0.0038, 0.0, None)] == [
        "14.2", "1.4", "0.0038", "0.0", "–",
    ]  # fmt: skip
