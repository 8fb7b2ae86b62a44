"""The history: the fleet, each version's life, and what an environment held on a day; only tags that break no rule."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from elc.errors import ElcError
from elc.registry import Context, history
from tests.unit.registry.keys import commit_signers, configure_signing, make_key, run
from tests.unit.registry.tagged import Tagged, make_life


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Context:
    return make_life(tmp_path_factory.mktemp("life")).read()


@pytest.fixture
def tagged(tmp_path: Path) -> Tagged:
    return Tagged(tmp_path)


def second(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def read_row(context: Context, plant: str) -> history.FleetRow:
    return next(row for row in history.build_fleet(context) if row.plant == plant)


def read_held(context: Context, plant: str, environment: str) -> list[tuple[str, int, int | None]]:
    held = [one for row in history.build_history(context, plant) for one in row.ran if one.environment == environment]
    return [(one.version, one.start, one.end) for one in sorted(held, key=lambda one: one.start)]


def test_fleet_has_every_plant_and_what_its_environments_hold(life: Context) -> None:
    rows = history.build_fleet(life)
    assert [row.plant for row in rows] == ["fjord", "delta", "steppe"]
    assert [(row.latest, row.status, row.pending) for row in rows] == [
        ("v1.2.0", "pending", 1),
        ("v1.0.0", "rejected", 0),
        ("v1.0.0", "pending", 1),
    ]
    assert [place.environment for place in rows[0].places] == ["dev", "test", "prod"]
    assert [place.version for place in rows[0].places] == ["v1.1.0", "v1.1.0", "v1.0.0"]
    assert rows[0].places[-1].since == second("2026-05-03T20:30:00")
    assert [place.version for place in rows[2].places] == ["", "", ""]


def test_a_rejected_version_in_use_is_marked_and_a_sound_one_is_not(life: Context) -> None:
    prod = {row.plant: row.places[-1] for row in history.build_fleet(life)}
    assert (prod["delta"].version, prod["delta"].status, prod["delta"].is_doubtful) == ("v1.0.0", "rejected", True)
    assert (prod["fjord"].status, prod["fjord"].is_doubtful) == ("approved", False)
    assert not prod["steppe"].is_doubtful


def test_a_pending_version_is_at_home_where_no_approval_is_needed(tagged: Tagged) -> None:
    tagged.register("fjord", "v1.0.0", "2026-04-01T08:00:00")
    tagged.place("fjord", "v1.0.0", "dev", "2026-04-02T08:00:00")
    dev = read_row(tagged.read(), "fjord").places[0]
    assert (dev.version, dev.status, dev.is_doubtful) == ("v1.0.0", "pending", False)


def test_a_tag_that_breaks_a_rule_is_a_problem_and_moves_nothing(life: Context) -> None:
    sentences = [problem.sentence for problem in read_row(life, "fjord").problems]
    assert sentences == [
        "tag fjord#prod#10 puts v1.2.0 into prod, but it was not in test before.",
        "tag fjord#prod#10 puts v1.2.0 into prod, but it was not approved then.",
    ]
    assert [problem.sentence for problem in history.find_unfollowed(life, "fjord")] == sentences
    assert "v1.2.0" not in {version for version, _, _ in read_held(life, "fjord", "prod")}


def test_history_tells_each_versions_life_newest_first(life: Context) -> None:
    rows = history.build_history(life, "fjord")
    assert [(row.version, row.status) for row in rows] == [
        ("v1.2.0", "pending"),
        ("v1.1.0", "approved"),
        ("v1.0.0", "approved"),
    ]
    first = rows[-1]
    assert (first.first, first.last, first.rows) == ("2024-06-20", "2026-03-31", 3346)
    assert (first.cv_rmse_frac, first.coverage_best_frac) == (0.00657, 0.1016)
    assert first.package == f"00000001{'0' * 24}.dir"
    assert first.registered == second("2026-04-01T08:00:00")
    assert first.registered_by == "Test <test@example.org>"
    assert (rows[0].verdicts, rows[0].ran) == ((), ())


def test_history_names_who_decided_when_and_why_each_time(life: Context) -> None:
    approved, rejected = history.build_history(life, "delta")[0].verdicts
    assert (approved.status, approved.reason) == ("approved", "Better in winter.")
    assert (rejected.status, rejected.reason) == ("rejected", "A meter was wrong.")
    assert (rejected.by, rejected.time) == ("Test <test@example.org>", second("2026-06-03T08:00:00"))


def test_a_rollback_ends_one_span_and_starts_another_with_its_reason(life: Context) -> None:
    april, may, back = (second(text) for text in ("2026-04-03T08:00:02", "2026-05-03T08:00:02", "2026-05-03T20:30:00"))
    assert read_held(life, "fjord", "prod") == [
        ("v1.0.0", april, may),
        ("v1.1.0", may, back),
        ("v1.0.0", back, None),
    ]
    last = history.build_history(life, "fjord")[-1].ran[-1]
    assert (last.environment, last.reason) == ("prod", "v1.1.0 drifts")


@pytest.mark.parametrize("plant", ["fjord", "delta", "steppe"])
def test_what_ran_last_is_what_the_fleet_says(life: Context, plant: str) -> None:
    for place in read_row(life, plant).places:
        still = [(version, start) for version, start, end in read_held(life, plant, place.environment) if end is None]
        assert still == ([(place.version, place.since)] if place.version else [])


def test_a_day_is_that_of_the_site_and_may_hold_several(life: Context) -> None:
    def read(day: str) -> list[str]:
        return [one.version for one in history.find_at(life, "fjord", day) if one.environment == "prod"]

    # Oslo is two hours ahead: 20:30 UTC is 22:30 of the same day there.
    assert read("2026-05-03") == ["v1.0.0", "v1.1.0", "v1.0.0"]
    assert read("2026-05-04") == ["v1.0.0"]
    assert read("2026-04-03") == ["v1.0.0"]
    assert read("2026-04-02") == []


def test_a_day_begins_at_the_sites_midnight(tagged: Tagged) -> None:
    tagged.register("delta", "v1.0.0", "2026-05-03T08:00:00")
    tagged.place("delta", "v1.0.0", "dev", "2026-05-04T04:30:00")  # 23:30 of the day before in Chicago
    context = tagged.read()
    assert [one.version for one in history.find_at(context, "delta", "2026-05-03")] == ["v1.0.0"]
    tagged.place("delta", "v1.0.0", "dev!", "2026-05-05T05:00:00")  # midnight in Chicago
    assert history.find_at(tagged.read(), "delta", "2026-05-05") == []


def test_a_day_to_come_holds_nothing(life: Context) -> None:
    assert history.find_at(life, "fjord", "9998-01-01") == []


@pytest.mark.parametrize("day", ["2026-13-01", "yesterday", "", "9999-12-31", "2026-02-30"])
def test_no_date_is_refused_in_words(life: Context, day: str) -> None:
    with pytest.raises(ElcError, match=rf"^day '{day}': expected a date such as 2026-05-01\.$"):
        history.find_at(life, "fjord", day)


def test_an_unknown_plant_is_refused_with_the_nearest(life: Context) -> None:
    for ask in (history.build_history, history.find_unfollowed, history.read_zone):
        with pytest.raises(ElcError, match=r"plant fjort is unknown: did you mean fjord\?"):
            ask(life, "fjort")
    with pytest.raises(ElcError, match="did you mean fjord"):
        history.find_at(life, "fjort", "2026-05-01")


def test_an_environment_without_the_plant_is_not_planned(tagged: Tagged) -> None:
    tagged.edit("remote: null\n    plants: all\n    wave: 5\n", "remote: null\n    plants: [delta]\n    wave: 5\n")
    tagged.register("fjord", "v1.0.0", "2026-04-01T08:00:00")
    context = tagged.read()
    assert [place.is_planned for place in read_row(context, "fjord").places] == [True, True, False]
    assert [place.is_planned for place in read_row(context, "delta").places] == [True, True, True]


def test_a_deregistered_version_is_named_and_runs_no_more(tagged: Tagged) -> None:
    tagged.register("fjord", "v1.0.0", "2026-04-01T08:00:00")
    tagged.place("fjord", "v1.0.0", "dev", "2026-04-02T08:00:00")
    tagged.tag("fjord@v1.0.0!", "fjord", "v1.0.0", "Deregister", {}, "2026-04-03T08:00:00")
    context = tagged.read()
    row = history.build_history(context, "fjord")[0]
    assert row.status == "deregistered, pending"
    assert row.ran[0].end == second("2026-04-03T08:00:00")
    assert (read_row(context, "fjord").latest, read_row(context, "fjord").pending) == ("", 0)


def test_what_the_message_lacks_or_garbles_is_missing_not_a_crash(tagged: Tagged) -> None:
    tagged.register("fjord", "v1.0.0", "2026-04-01T08:00:00", metrics={"rows": "many", "cv_rmse_frac": 1e300}, last=7)
    tagged.register("fjord", "v1.1.0", "2026-04-02T08:00:00", metrics=[1], first="soon")
    tagged.register("fjord", "v1.2.0", "@99999999999999")
    tagged.decide("fjord", "v1.1.0", "approved", "2026-04-03T08:00:00", reason="fine\x1b[31m\nso")
    rows = history.build_history(tagged.read(), "fjord")
    assert [(row.rows, row.cv_rmse_frac, row.last) for row in rows] == [
        (None, None, "2026-03-31"),
        (None, None, ""),
    ]
    assert rows[0].first == ""
    assert rows[0].verdicts[0].reason == "fine [31m so"
    (late,) = history.find_unfollowed(tagged.read(), "fjord")
    assert late.sentence.startswith("tag fjord@v1.2.0 is dated more than a day ahead")
    assert history.read_moment(99999999999999, UTC).year == 9999


def test_tags_that_no_table_can_count_are_problems(tagged: Tagged) -> None:
    tagged.register("fjord", "v1.0.0", "2026-04-01T08:00:00")
    tagged.place("fjord", "v1.0.0", "stage", "2026-04-02T08:00:00")
    run(tagged.root, "tag", "fjord#dev#9")
    tagged.packages["oslo", "v1.0.0"] = tagged.packages["fjord", "v1.0.0"]
    tagged.place("oslo", "v1.0.0", "dev", "2026-04-03T08:00:00")
    context = tagged.read()
    sentences = [problem.sentence for problem in read_row(context, "fjord").problems]
    assert len(sentences) == 2
    assert "tag fjord#dev#9 is a lightweight tag" in sentences[0]
    assert sentences[1] == "tag fjord#stage#1 assigns to stage, which is not an environment in params.yaml."
    assert [problem.sentence for problem in history.find_unfollowed(context, "fjord")] == sentences
    assert [problem.sentence for problem in history.find_strays(context)] == [
        "1 tag is of oslo, which is not a plant in params.yaml."
    ]


def test_where_signatures_count_a_decision_without_one_does_not(tagged: Tagged, tmp_path: Path) -> None:
    key = make_key(tmp_path / "keys", "ann")
    commit_signers(tagged.root, f'ann@example.org namespaces="git" {key.text} approve=*@test promote=*@test,prod')
    configure_signing(tagged.root, key)
    tagged.edit("approval: manual\n    from: dev", "approval: signed\n    from: dev")
    tagged.edit("approval: manual\n    from: test", "approval: signed\n    from: test")
    tagged.register("fjord", "v1.0.0", "2026-04-01T08:00:00")
    tagged.decide("fjord", "v1.0.0", "approved", "2026-04-02T08:00:00")
    context = tagged.read()
    row = history.build_history(context, "fjord")[0]
    assert (row.status, row.verdicts) == ("pending", ())
    assert "has no signature" in read_row(context, "fjord").problems[0].sentence
    run(tagged.root, "config", "tag.gpgSign", "true")
    tagged.decide("fjord", "v1.0.0", "approved", "2026-04-03T08:00:00")
    row = history.build_history(tagged.read(), "fjord")[0]
    assert row.status == "approved for test, pending for prod"
    assert [verdict.time for verdict in row.verdicts] == [second("2026-04-03T08:00:00")]


def test_history_is_read_without_tables_of_data() -> None:
    code = "import elc.registry.history, elc.cli.models, sys; print({'pandas', 'dvc', 'ibis'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "set()"
