"""Fetching in the hour and by its command: a source that fails is a failure and a finding, until it answers."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from elc import ingest
from elc.cli import main
from elc.failures import read_failures
from elc.findings import list_findings
from elc.hourly.fetching import bring_new
from elc.pages.findings import say_finding
from elc.settings import read_tags
from tests.unit.fetch.site import Site


def test_a_failure_is_told_until_the_source_answers(site: Site) -> None:
    project = site.project.operate("prod")
    site.set_sources(site.build_source(value_column="reading", since="2026-06-01"))
    bring_new(project, "fjord")
    (failure,) = read_failures(project, "fjord", ["fetch"])
    assert "expected reading too" in failure.sentence
    tags = read_tags(project.tags("fjord"), "fjord")
    (found,) = list_findings(ingest.find_unfetched(project, tags))
    said = say_finding(found)
    assert said.startswith("The source sql did not give all from ")
    assert "plant fjord: source sql: has the columns" in said
    assert ingest.find_unfetched(site.project, tags).empty  # DVC's results know nothing of one machine
    site.set_sources(site.build_source(since="2026-06-01"))
    bring_new(project, "fjord")
    assert not read_failures(project, "fjord", ["fetch"])
    assert len(site.read()) == len(site.read_source())


def test_the_command_says_what_came_and_what_failed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(site.project.root)
    runner = CliRunner()
    done = runner.invoke(main, ["fetch", "fjord"])
    assert done.exit_code == 1
    assert "holds no readings yet" in done.stderr
    done = runner.invoke(main, ["fetch", "--since", "2026-06-01"])
    assert (done.exit_code, done.stdout) == (0, f"fjord: {len(site.read_source()):,} new readings, 0 corrected\n")
    assert "did you mean fjord?" in runner.invoke(main, ["fetch", "fjrd"]).stderr
