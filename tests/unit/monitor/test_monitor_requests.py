"""What the service was asked: counted, held against the package in use, and what is lost of it told loudly."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from elc import curve, findings, monitor, pages
from elc.captured import BROKEN, KIND, LOST, VERSION, find_losses, write_loss
from elc.fields import AGE, TIME
from elc.monitor.requests import BROKEN_CHECK, CHECKS, LOST_CHECK, OUTSIDE_CHECK, read
from elc.pages import language
from elc.pages.findings import say_findings
from elc.paths import Project
from elc.records.loss import Loss
from tests.unit.monitor.sound import AIR, FLUE, LOAD, build_later, build_package, build_settings

DAYS = 60
HOURS = build_later(DAYS)
LAST = pd.Timestamp(HOURS[TIME].iloc[-1]) + pd.Timedelta(1, "h")
PLANT = "fjord"
RULES = {"health_days": 28, "max_asked_outside_frac": 0.5, "min_asked_rows": 100, "max_drift": 0.1}


@pytest.fixture(scope="module")
def package() -> curve.Package:
    hours = HOURS.assign(best_frac=0.0)
    envelope = curve.build_envelope(hours, [LOAD, AIR], np.arange(len(hours)) % 4, margin_frac=0.02, prototypes=60)
    return replace(build_package(), envelope=envelope)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, "prod")


def keep(
    project: Project,
    *,
    ago_h: float = 2.0,
    rows: int = 200,
    version: str = "v1.2.0",
    shift: float = 0.0,
    groups: int = 1,
) -> None:
    """Keep rows as the service does, asked like the last hours of the plant, with a load that is shifted."""
    asked = HOURS.tail(200).sample(rows, replace=True, random_state=1)
    times = [(LAST - pd.Timedelta(ago_h, "h")).to_pydatetime()] * rows
    table = pa.table(
        {
            TIME: pa.array(times, pa.timestamp("us", "UTC")),
            KIND: ["predict"] * rows,
            VERSION: [version] * rows,
            LOAD: asked[LOAD].to_numpy() + shift,
            AIR: asked[AIR].to_numpy(),
        }
    )
    path = project.capture(PLANT) / f"{times[0]:%Y-%m-%d}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    former = [pq.read_table(path)] if path.exists() else []
    pq.write_table(pa.concat_tables([*former, table]), path, row_group_size=-(-rows // groups))


def look(project: Project, package: curve.Package, *, version: str = "v1.2.0") -> monitor.Asked:
    return monitor.read_asked(project, HOURS, package, build_settings(**RULES), version=version)


def lose(project: Project, *, hours: Sequence[float], rows: int = 10, kind: str = LOST, is_over: bool = True) -> None:
    start, end = ((LAST + pd.Timedelta(hour, "h")).to_pydatetime() for hour in hours)
    content = {"name": f"{kind} {start} {rows}", "kind": kind, "plant": PLANT, "start": start, "end": end}
    told = {"rows": rows, "is_over": is_over, "sentence": "The disk is full. Make room."}
    write_loss(project, Loss.model_validate(content | told))


def test_a_plant_that_was_never_asked_costs_nothing_and_says_nothing(project: Project, package: curve.Package) -> None:
    with patch.object(read, "_read_rows", side_effect=AssertionError("read")):
        asked = look(project, package)
    assert asked.findings.empty
    assert pages.monitor.write_asked(asked, build_settings()) == ""


def test_rows_are_counted_by_version(project: Project, package: curve.Package) -> None:
    keep(project, rows=150)
    keep(project, rows=50, version="v1.1.0", ago_h=30)
    keep(project, rows=70, ago_h=24 * 29)  # older than what is looked at
    asked = look(project, package)
    assert (asked.rows, asked.others) == ((("v1.2.0", 150), ("v1.1.0", 50)), 50)
    assert asked.end - asked.start == pd.Timedelta(28, "h")
    assert asked.day_rows == 150
    assert asked.outside_frac < 0.1
    assert asked.findings.empty
    text = pages.monitor.write_asked(asked, build_settings(**RULES))
    assert text.startswith("**What the service was asked:** Rows that the service kept of its requests from ")
    assert ": 200. By version: v1.2.0: 150 and v1.1.0: 50." in text
    assert "25 % were answered by a version that is not the one in use now" in text.replace("\xa0", " ")


def test_the_candidate_is_a_version_too(project: Project, package: curve.Package) -> None:
    keep(project, version="candidate")
    assert look(project, package, version="").others == 0
    assert look(project, package).others == 200


def test_many_questions_outside_the_envelope_are_a_finding(project: Project, package: curve.Package) -> None:
    keep(project, rows=60)
    keep(project, rows=140, shift=40.0)
    asked = look(project, package)
    assert asked.outside_frac == pytest.approx(0.7, abs=0.03)
    (row,) = asked.findings.assign(sentence=say_findings).to_dict("records")
    assert (row["check"], row["column"]) == (OUTSIDE_CHECK, "")
    assert f"{asked.outside_frac:.0%} of the 200 rows looked at" in row["sentence"]
    assert "expected at most 50%" in row["sentence"]
    assert json.loads(row["values"])["outside_frac"] == asked.outside_frac


def test_few_questions_tell_no_share(project: Project, package: curve.Package) -> None:
    keep(project, rows=99, shift=40.0)
    keep(project, rows=500, shift=40.0, ago_h=30)
    asked = look(project, package)
    assert (asked.outside_frac, asked.day_rows) == (None, 99)
    assert asked.findings.empty


def test_what_is_asked_otherwise_than_in_training_is_information(project: Project, package: curve.Package) -> None:
    keep(project, rows=300, shift=2.0, ago_h=30)
    asked = look(project, package)
    assert asked.findings.empty
    (far,) = [one for one in asked.far if one.column == LOAD]
    assert 0.1 < far.distance <= 1
    assert far.low < far.high
    text = pages.monitor.write_asked(asked, build_settings(**RULES))
    assert f": median {far.median:.1f} t/h, in training mostly {far.low:.1f} to {far.high:.1f} t/h (distance" in text
    language.choose("nb")
    assert "Spurt om annet enn i opplæringen" in pages.monitor.write_asked(asked, build_settings(**RULES))


def test_rows_without_a_feature_are_not_judged(project: Project, package: curve.Package) -> None:
    keep(project, rows=120)
    other = replace(package, card=package.card | {"features": [{"column": LOAD}, {"column": AIR}, {"column": AGE}]})
    asked = look(project, other)
    assert (asked.outside_frac, asked.day_rows, asked.unjudged) == (None, 0, 120)
    assert "lack a column of the model in use, and are not judged: 120." in pages.monitor.write_asked(
        asked, build_settings(**RULES)
    )


def test_requests_later_than_the_data_are_looked_at(project: Project, package: curve.Package) -> None:
    """A plant whose data are old is still asked."""
    keep(project, ago_h=-24 * 90)
    asked = look(project, package)
    assert asked.day_rows == 200
    keep(project, ago_h=2.0)
    assert asked.rows == look(project, package).rows


def test_a_day_to_come_is_left_out_and_said(project: Project, package: curve.Package) -> None:
    keep(project)
    (project.capture(PLANT) / f"{datetime.now(UTC) + timedelta(days=3):%Y-%m-%d}.parquet").write_bytes(b"")
    asked = look(project, package)
    assert (asked.ahead, asked.day_rows, len(asked.findings)) == (1, 200, 0)
    assert "Files dated in the future, left out: 1." in pages.monitor.write_asked(asked, build_settings(**RULES))


def test_a_large_day_is_read_evenly(project: Project, package: curve.Package, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "MOST_ROWS", 150)
    keep(project, rows=1000, groups=7)
    asked = look(project, package)
    assert asked.rows == (("v1.2.0", 1000),)
    assert asked.day_rows == -(-1000 // 7)


def test_an_outage_is_loud(project: Project, package: curve.Package) -> None:
    lose(project, hours=(-9, -5), rows=1200)
    lose(project, hours=(-6, 1), rows=34, is_over=False)
    asked = look(project, package)
    (row,) = asked.findings.assign(sentence=say_findings).to_dict("records")
    assert row["check"] == LOST_CHECK
    assert "at least 1,234 rows" in row["sentence"]
    assert f"since {LAST - pd.Timedelta(9, 'h'):%Y-%m-%d %H:%M} UTC" in row["sentence"]
    assert row["sentence"].endswith("The disk is full. Make room.")
    assert row["sentence"] in pages.monitor.write_asked(asked, build_settings(**RULES))
    status = monitor.build_status(HOURS, asked.findings, package, build_settings(**RULES))
    assert status.check is not None
    assert LOST_CHECK in set(status.check.findings["check"])
    assert status.verdict.status == "CompletedWithViolations"
    assert status.verdict.recommendation.name == "requests_lost"
    assert (status.health.data, status.health.model) == ("sound", "ok")  # it is the service that is ill
    lasting = monitor.find_lasting(HOURS, status, build_settings(**RULES))
    assert [(one.kind, one.subject) for one in lasting] == [("violation", LOST_CHECK)]


def test_spells_apart_are_findings_of_their_own(project: Project, package: curve.Package) -> None:
    lose(project, hours=(-90, -80))
    lose(project, hours=(-60, -50))
    lose(project, hours=(-24 * 30, -24 * 29), rows=99)
    found = look(project, package).findings
    assert found["check"].tolist() == [LOST_CHECK, LOST_CHECK]
    assert all("at least 10 rows that it was asked from " in sentence for sentence in say_findings(found))
    status = monitor.build_status(HOURS, found, package, build_settings(**RULES))
    assert status.verdict.action == "none"  # it is over since more than a day


def test_files_that_cannot_be_read_are_a_finding(project: Project, package: curve.Package, tmp_path: Path) -> None:
    keep(project)
    keep(project, ago_h=50)
    path = sorted(project.capture(PLANT).iterdir())[0]
    path.write_bytes(path.read_bytes()[:50])
    lose(project, hours=(-9, -8), rows=0, kind=BROKEN)
    asked = look(project, package)
    (row,) = asked.findings.assign(sentence=say_findings).to_dict("records")
    assert row["check"] == BROKEN_CHECK
    assert row["sentence"].startswith("2 files of what the service was asked cannot be read")
    assert f"data/capture/{PLANT}/{path.name} cannot be read" in row["sentence"]
    assert asked.rows == (("v1.2.0", 200),)
    status = monitor.build_status(HOURS, asked.findings, package, build_settings(**RULES))
    assert status.check is not None
    monitor.write_check(tmp_path, status.check)
    assert json.loads((tmp_path / "constraint_violations.json").read_text()) == {"violations": []}
    assert findings.read_findings(tmp_path / "findings.parquet")["check"].tolist() == [BROKEN_CHECK]


def test_lines_that_cannot_be_read_are_said(project: Project, package: curve.Package) -> None:
    project.capture("").mkdir(parents=True)
    find_losses(project).write_text('{"name": \n')
    text = pages.monitor.write_asked(look(project, package), build_settings(**RULES))
    assert text.endswith("Lines of data/capture/outages.jsonl that cannot be read: 1.")


def test_checks_are_no_column_checks() -> None:
    """A check that ends so is taken for a violation of a column."""
    assert not any(check.endswith("_check") for check in CHECKS)
    assert FLUE not in CHECKS
