"""Every kind of finding that the code knows has its sentence in every language, from the values that it always has."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from elc import findings, pages
from elc.findings import SENTENCE, WRITTEN, Finding, Kind
from elc.pages import language
from elc.pages.findings import SENTENCES
from elc.quality import mixups

SOURCE = Path(__file__).resolve().parents[3] / "src" / "elc"
START, END = pd.Timestamp("2026-06-01T10:00Z"), pd.Timestamp("2026-06-03T12:30Z")
NBSP = "\N{NO-BREAK SPACE}"
ENGLISH = re.compile(
    r"\b(the|and|of|is|are|its|than|which|from|with|not|hour|hours|below|above|gap|load)\b", re.IGNORECASE
)
BUILDERS = ("Kind", "build_kind")
FLUE = "flue_o2_pct"
SAMPLES: dict[str, Any] = {
    "after": 12.5, "aside": ["a.parquet er borte."], "before": 1234567.5, "bound": "at least", "correlation": 0.99995,
    "cost_frac": 0.0123, "covered_frac": 0.8, "days": 28, "distance": 0.431, "domain": ["A", "B"],
    "example": "'x'", "example_at": "2026-06-01T10:00:00+00:00", "example_one": 1.5, "example_other": -2.25,
    "expected": 365.0, "figures": [{"name": "bias", "unit": "GJ/h", "now": 9.51, "low": -8.0, "high": 8.0}],
    "file": "a.csv", "files": 1.0, "first": "2026-06-01", "former": "load_t_per_h", "former_role": "throughput",
    "former_tag": "FT-1", "found": 120.25, "has_age": False, "high": 6.0, "high_frac": -0.02, "hours": 11.0,
    "inside_frac": 0.4, "instead": "Etc/GMT+7", "intervals": 168, "is_unclear": True, "is_used": False,
    "last": "2026-06-03T11:30:00+00:00",
    "late_gj_per_h": 12.34, "limit": 0.3, "limit_frac": 0.2, "limit_h": 24.0,
    "longest_from": "2026-06-01T12:00:00+00:00", "longest_h": 8.0, "lost": 3.0, "low": 1.0, "low_frac": -0.04,
    "markers": [-9999.0], "median": 3.25, "meters": ["feed_gas_energy_gj_per_h (FQ1)"],
    "min_inside_frac": 0.5, "min_ndcg": 0.9, "missing_frac": 0.36, "moments": 12.0, "most_apart": 3.75,
    "ndcg": 0.8123, "offset": -12.3, "offset_frac": 0.0123,
    "offset_high_frac": 0.02, "offset_low_frac": 0.005, "outside_frac": 0.7, "plant_gj_per_h": 1000.0, "ratio": 1.1052,
    "read_frac": 0.5, "read_h": 0.25, "readings": 48.0, "reason": "Disken er full.", "role": "driver", "rows": 1234,
    "said_h": 1.0, "share": 0.25, "shown": "higher", "since": "2026-06-01T10:00:00+00:00",
    "since_first": "2026-05-30T00:00:00+00:00", "since_last": "2026-06-03T00:00:00+00:00", "size_frac": -0.031,
    "size_gj_per_h": 1000.0, "slope_frac_per_year": -0.01, "slope_high_frac_per_year": 0.0,
    "slope_low_frac_per_year": -0.02, "source": "sql", "spells": 2.0, "step_frac": -0.031, "step_h": 1.0,
    "tag": "AI-1", "tags": 8,
    "times": 3.0, "training_gj_per_h": 1.2, "true": "lower heating value", "type": "str", "unit": "days",
    "until": "2026-06-01T11:00:00+00:00", "usual": 3.0, "wins": "mean", "zone": "Europe/Oslo",
}  # fmt: skip
SAMPLES_OF = {"capture_broken": {"days": [{"day": "2026-06-01", "reason": "tom"}]}}


def find_modules() -> Iterator[ModuleType]:
    """The modules that know a kind of finding."""
    for path in sorted(SOURCE.rglob("*.py")):
        if any(f"{name}(" in path.read_text(encoding="utf-8") for name in BUILDERS):
            parts = path.relative_to(SOURCE.parent).with_suffix("").parts
            yield importlib.import_module(".".join(part for part in parts if part != "__init__"))


def list_kinds() -> list[Kind]:
    """Every kind that stands in a module, by itself or among others."""
    found = set()
    for module in find_modules():
        for value in vars(module).values():
            several = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else [value]
            found |= {one for one in several if isinstance(one, Kind)}
    return sorted(found, key=lambda kind: (kind.check, kind.name))


KINDS = list_kinds()


def build_finding(kind: Kind, column: str = FLUE, **values: Any) -> Finding:
    """A finding with the values that its kind needs, and no other."""
    known = SAMPLES | SAMPLES_OF.get(kind.check, {}) | values
    return Finding(kind, "fjord", column, START, END, {name: known[name] for name in kind.needs})


def find_kind(check: str, name: str = "") -> Kind:
    return next(kind for kind in KINDS if (kind.check, kind.name) == (check, name))


def test_kinds_stand_in_modules_where_this_test_finds_them() -> None:
    hidden = []
    for path in sorted(SOURCE.rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef) and path.name not in ("findings.py", "sheet.py"):
                calls = [one for one in ast.walk(function) if isinstance(one, ast.Call)]
                hidden += [path.name for one in calls if getattr(one.func, "id", "") in BUILDERS]
    assert hidden == []


def test_every_kind_has_a_sentence_and_every_sentence_a_kind() -> None:
    assert len(KINDS) > 70
    assert {(kind.check, kind.name) for kind in KINDS} == set(SENTENCES)


@pytest.mark.parametrize("code", language.find_languages())
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.check} {kind.name}".strip())
def test_every_kind_is_said_from_the_values_that_it_needs(kind: Kind, code: str) -> None:
    finding = build_finding(kind)
    english = pages.findings.say_finding(finding)
    assert '": ' not in english, "its values are shown for want of words"
    language.choose(code)
    said = pages.findings.say_finding(finding)
    assert not re.search(r"[{}]|  ", said)
    assert said[-1] == "."
    if code != language.ENGLISH:
        assert said != english
        assert ENGLISH.findall(said) == []


@pytest.mark.parametrize(
    ("kind", "values", "english", "norwegian"),
    [
        (
            ("frozen", ""),
            {},
            "flue O2 (AI-1) has not moved at all; not used.",
            "O2 i røykgass (AI-1) har ikke rørt seg i det hele tatt; brukes ikke.",
        ),
        (
            ("low_coverage", ""),
            {"is_used": True},
            "flue O2 (AI-1) is covered by good data for 80% of this time only.",
            f"O2 i røykgass (AI-1) er dekket av gode data i bare 80{NBSP}% av denne tiden.",
        ),
        (
            ("range", "outside"),
            {"low": None, "high": 6.5},
            "flue O2 (AI-1) is outside -inf to 6.5 %; not used.",
            "O2 i røykgass (AI-1) er utenfor −∞ til 6,5 %; brukes ikke.",
        ),
        (
            ("unit", "ratio"),
            {},
            "flue O2 (AI-1) shows 1.11 times what goes with its related tags, as higher for lower heating value would"
            "; not used.",
            "O2 i røykgass (AI-1) viser 1,11 ganger det som passer med beslektede tagger, slik øvre brennverdi i "
            "stedet for nedre brennverdi ville gitt; brukes ikke.",
        ),
        (
            ("silent", "over"),
            {},
            "flue O2 (AI-1) sent no reading from 2026-06-01 10:00 to 2026-06-03 12:30 UTC, where others did. It is "
            "read all the time, so its last value stands for no interval without a reading.",
            "O2 i røykgass (AI-1) leverte ingen måling fra 2026-06-01 10:00 til 2026-06-03 12:30 UTC, der andre gjorde "
            "det. Den leses hele tiden, så den siste verdien gjelder ikke for et intervall uten måling.",
        ),
        (
            ("soundness", "infinite"),
            {"spells": 1.0, "role": "setpoint"},
            "The set-point flue O2 (AI-1) is infinite for 11 h from 2026-06-01 10:00 to 2026-06-03 12:30 UTC: not "
            "used. Give the tag low and high in the tag list.",
            "Verdien av settpunkt O2 i røykgass (AI-1) er uendelig i 11 h fra 2026-06-01 10:00 til 2026-06-03 12:30 "
            "UTC: brukes ikke. Gi taggen low og high i taglisten.",
        ),
        (
            ("sufficiency", "period"),
            {},
            "Not enough to train on: length of the baseline period is 120.2 days, expected at least 365.",
            "For lite å lære av: lengden på referanseperioden er 120,2 dager, ventet minst 365.",
        ),
        (
            ("relation", "meter"),
            {"meters": ["feed_gj_per_h (F1)", "fuel_gj_per_h (F2)"], "size_gj_per_h": -31.4},
            "Since about 2026-06-01 (2026-05-30 to 2026-06-03) energy is 3.1% (31 GJ/h) less than typical at the same "
            "load, weather and feed. The set-points explain part of it. The carriers say that the meter of "
            "feed_gj_per_h (F1) and fuel_gj_per_h (F2) moved: check it, and recalibrate.",
            f"Siden omtrent 2026-06-01 (2026-05-30 til 2026-06-03) er energien 3,1{NBSP}% (31 GJ/h) under typisk ved "
            "samme last, vær og råstoff. "
            "Settpunktene forklarer en del av det. Energibærerne sier at måleren for feed_gj_per_h (F1) og "
            "fuel_gj_per_h (F2) har flyttet seg: Kontroller den, og kalibrer på nytt.",
        ),
        (
            ("capture_broken", ""),
            {"aside": ["A.", "B.", "C."]},
            "4 files of what the service was asked cannot be read, so what is in them is not monitored. A. B. C. And 1 "
            "more. Look at the disk, then remove them.",
            "4 filer med det tjenesten ble spurt om, kan ikke leses, så ingen følger med på innholdet. A. B. C. Og 1 "
            "til. Se på disken, og fjern dem så.",
        ),
    ],
)
def test_sentences_word_by_word(kind: tuple[str, str], values: dict[str, Any], english: str, norwegian: str) -> None:
    finding = build_finding(find_kind(*kind), **values)
    assert pages.findings.say_finding(finding) == english
    language.choose("nb")
    assert pages.findings.say_finding(finding) == norwegian


def test_readings_of_a_file_are_those_of_a_tag_where_one_is_known() -> None:
    kind = find_kind("unknown_quality")
    said = "48 readings of a.csv carry the unknown quality 'x'; not used."
    assert pages.findings.say_finding(build_finding(kind, "")) == said
    assert pages.findings.say_finding(build_finding(kind)) == f"flue O2 (AI-1): {said}"


def test_a_column_without_a_known_unit_goes_by_its_name() -> None:
    said = pages.findings.say_finding(build_finding(find_kind("spike"), "odd"))
    assert said == "odd (AI-1) jumps away and back; not used."


@pytest.mark.parametrize(
    "name",
    sorted({name for listed in mixups.MIXUPS.values() for mixup in listed for name in (mixup.shown, mixup.true)}),
)
def test_units_that_are_words_are_translated(name: str) -> None:
    is_sign = re.fullmatch(r"[A-Z]\w*(/h)?|k(g|W|Pa|cal)|deg[CF]|m?bar|psi|m3|kg/cm2", name) is not None
    finding = build_finding(find_kind("unit", "ratio"), shown=name)
    assert f"as {name} for" in pages.findings.say_finding(finding)
    language.choose("nb")
    assert (f"slik {name} i stedet" in pages.findings.say_finding(finding)) == is_sign


def test_a_table_is_said_row_by_row() -> None:
    table = findings.build_frame([build_finding(find_kind("spike")), build_finding(find_kind("gap"))])
    assert pages.findings.say_findings(table) == [
        "flue O2 (AI-1) has too little good data; not used.", "flue O2 (AI-1) jumps away and back; not used."
    ]  # fmt: skip
    assert pages.findings.say_findings(table.iloc[:0]) == []


def test_a_sentence_that_was_written_stays_as_it_is() -> None:
    language.choose("nb")
    written = Finding(Kind("spike", WRITTEN), "fjord", FLUE, START, END, {SENTENCE: "It jumped."})
    assert pages.findings.say_finding(written) == "It jumped."
    assert pages.findings.say_record("It jumped.") == "It jumped."
    assert pages.findings.say_record(findings.build_record(written)) == "It jumped."


def test_a_finding_of_another_release_shows_its_values() -> None:
    later = Finding(Kind("spike", "of_tomorrow"), "fjord", FLUE, START, END, {"height": 3.5})
    assert pages.findings.say_finding(later) == (
        'spike flue_o2_pct: this release has no words for what was found: {"height": 3.5}'
    )
    fewer = Finding(Kind("drift"), "fjord", FLUE, START, END, {"tag": "AI-1", "is_used": True})
    assert pages.findings.say_finding(fewer).endswith('{"is_used": true, "tag": "AI-1"}')


def test_rules_are_named_in_words() -> None:
    rows = [("band", "load_t_per_h", 60.0, 70.0), ("inside", FLUE, None, None), ("months", "", None, None)]
    rules = pd.DataFrame(rows, columns=["rule", "column", "low", "high"])
    rules = rules.assign(found=1.0, bound="at least", expected=2.0, unit="h", source="ours", is_met=False)
    assert pages.findings.build_rules_table(rules)["rule"].tolist() == [
        "hours at a load of 60.0 to 70.0 t/h",
        "later hours within the training range of flue O2",
        "calendar months with training hours",
    ]
    assert "low" not in pages.findings.build_rules_table(rules)
