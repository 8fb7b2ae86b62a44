"""What `elc models` prints, for people in aligned columns and for programs as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from elc.cli.models import WIDTH, build_content, render_at, render_fleet, render_history
from elc.errors import ElcError
from elc.registry import Context
from tests.conftest import run
from tests.unit.registry.tagged import Tagged, make_life


@pytest.fixture(scope="module")
def tagged(tmp_path_factory: pytest.TempPathFactory) -> Tagged:
    return make_life(tmp_path_factory.mktemp("life"))


@pytest.fixture(scope="module")
def life(tagged: Tagged) -> Context:
    return tagged.read()


def read_cells(text: str, start: str) -> list[str]:
    """The cells of the first line that starts so."""
    line = next(line for line in text.splitlines() if line.startswith(start))
    return [cell.strip() for cell in line.split("  ") if cell.strip()]


def test_fleet_answers_first_and_marks_what_was_rejected(life: Context) -> None:
    text = render_fleet(life)
    assert text.startswith(
        "prod: 1 of 3 plants run an approved version; one that is not approved: delta; none: steppe.\n"
    )
    assert read_cells(text, "plant") == ["plant", "latest", "status", "waiting", "dev", "test", "prod"]
    assert read_cells(text, "fjord") == [
        *("fjord", "v1.2.0", "pending", "1"),
        *("v1.1.0 2026-05-03", "v1.1.0 2026-05-03", "v1.0.0 2026-05-03"),
    ]
    assert read_cells(text, "delta")[-1] == "v1.0.0 2026-04-03 REJECTED"
    assert read_cells(text, "steppe")[-3:] == ["–", "–", "–"]
    assert "Not followed:\n- tag fjord#prod#10 puts v1.2.0 into prod, but it was not in test before.\n" in text


def test_history_shows_versions_decisions_and_where_each_ran_in_site_time(life: Context) -> None:
    text = render_history(life, "fjord")
    assert text.startswith("fjord: 3 versions, the newest first\n")
    assert read_cells(text, "v1.1.0") == [
        *("v1.1.0", "approved", "2026-05-01", "Test", "0.66%", "10.2%"),
        *("2024-06-20 to 2026-03-31", "3,346", "00000003"),
    ]
    decisions, ran = text.split("Decisions")[1].split("Where it ran")
    assert read_cells(decisions, "v1.1.0")[1:4] == ["approved", "2026-05-02 10:00", "Test <test@example.org>"]
    assert read_cells(ran, "prod") == ["prod", "v1.0.0", "2026-05-03 22:30", "still there", "Test", "v1.1.0 drifts"]
    assert "Times of Europe/Oslo." in text
    assert "Not followed:" in text


def test_lines_fit_a_terminal_and_long_reasons_go_on(tmp_path: Path) -> None:
    tagged = Tagged(tmp_path)
    tagged.register("fjord", "v1.0.0", "2026-04-01T08:00:00")
    tagged.decide("fjord", "v1.0.0", "approved", "2026-04-02T08:00:00", reason="winter " * 30)
    text = render_history(tagged.read(), "fjord")
    assert text.count("winter") == 30
    assert max(len(line) for line in text.splitlines()) <= WIDTH
    assert "It has not run anywhere yet." in text


def test_every_decision_stays_in_the_history(life: Context) -> None:
    text = render_history(life, "delta").split("Decisions")[1]
    assert text.index("A meter was wrong.") < text.index("Better in winter.")


def test_a_day_shows_what_changed_on_it(life: Context) -> None:
    text = render_at(life, "fjord", "2026-05-03")
    assert text.startswith("fjord on 2026-05-03, times of Europe/Oslo\n")
    assert [line.split()[1] for line in text.splitlines() if line.startswith("prod")] == ["v1.0.0", "v1.1.0", "v1.0.0"]


@pytest.mark.parametrize(
    ("plant", "day", "words"),
    [
        ("fjord", "2026-04-02", "fjord: no version ran on 2026-04-02; the first came on 2026-04-03."),
        ("fjord", "9000-01-01", "fjord: 9000-01-01 is in the future. elc models fjord shows what is in use now."),
        ("steppe", "2026-06-04", "steppe: no version ran on 2026-06-04, nor on any other day."),
    ],
)
def test_a_day_without_a_version_says_why(life: Context, plant: str, day: str, words: str) -> None:
    assert render_at(life, plant, day) == words


def test_a_day_names_the_environments_that_held_nothing(tmp_path: Path) -> None:
    tagged = Tagged(tmp_path)
    tagged.register("fjord", "v1.0.0", "2026-04-01T08:00:00")
    tagged.place("fjord", "v1.0.0", "dev", "2026-04-02T08:00:00")
    assert render_at(tagged.read(), "fjord", "2026-04-02").endswith("Nothing was in test and prod.")


def test_nothing_registered_says_how_to(tmp_path: Path) -> None:
    context = Tagged(tmp_path).read()
    text = render_fleet(context)
    assert "prod: 0 of 3 plants run an approved version; none: fjord, delta, steppe." in text
    assert "commit what dvc repro made, then elc register <plant>." in text
    assert render_history(context, "fjord") == "fjord: no version is registered yet. elc register fjord"


def test_content_is_json_with_utc_times_and_null_for_nothing(life: Context) -> None:
    fleet = json.loads(json.dumps(build_content(life, None, None)))
    assert fleet["environments"] == ["dev", "test", "prod"]
    fjord, delta, steppe = fleet["plants"]
    assert fjord["environments"]["prod"] == {
        "version": "v1.0.0",
        "since": "2026-05-03T20:30:00+00:00",
        "status": "approved",
        "is_planned": True,
        "is_doubtful": False,
    }
    assert delta["environments"]["prod"]["is_doubtful"]
    assert steppe["environments"]["prod"]["version"] is None
    assert [problem["rule"] for problem in fjord["problems"]] == ["skipped", "approval"]


def test_content_of_a_plant_and_of_a_day(life: Context) -> None:
    history = json.loads(json.dumps(build_content(life, "delta", None)))
    assert (history["plant"], history["time_zone"]) == ("delta", "America/Chicago")
    version = history["versions"][0]
    assert [verdict["time"] for verdict in version["verdicts"]] == [
        "2026-04-02T08:00:00+00:00",
        "2026-06-03T08:00:00+00:00",
    ]
    assert version["ran"][-1]["end"] is None
    day = json.loads(json.dumps(build_content(life, "fjord", "2026-05-03")))
    assert [one["version"] for one in day["held"] if one["environment"] == "prod"] == ["v1.0.0", "v1.1.0", "v1.0.0"]


def test_an_unknown_plant_or_day_is_refused(life: Context) -> None:
    with pytest.raises(ElcError, match="did you mean fjord"):
        render_history(life, "fjort")
    with pytest.raises(ElcError, match="expected a date such as 2026-05-01"):
        render_at(life, "fjord", "May")
    with pytest.raises(ElcError, match="expected a date such as 2026-05-01"):
        build_content(life, "fjord", "May")


def test_the_command_prints_each_of_them(tagged: Tagged) -> None:
    fleet = run(tagged.root, "elc", "models")
    assert fleet.stdout.startswith("prod: 1 of 3 plants"), fleet.stderr
    assert "Where it ran" in run(tagged.root, "elc", "models", "fjord").stdout
    at = run(tagged.root, "elc", "models", "fjord", "--at", "2026-05-03", "--json")
    assert json.loads(at.stdout)["day"] == "2026-05-03"
    refused = run(tagged.root, "elc", "models", "fjord", "--at", "soon")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "elc: day 'soon': expected a date such as 2026-05-01.\n"
