"""Rules: each is broken alone, in an otherwise sound history, and said in words; what breaks one is not followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from elc.registry import trust as module
from elc.registry.events import Event
from elc.registry.names import APPROVED, read_name
from elc.registry.rules import Rules
from elc.registry.signers import Rights, Signer, Signers, Verified
from elc.registry.state import Line, build_registry
from elc.settings import EnvironmentSettings

ALL = Rights(("*",), ("*",))
ANN = Signer("ann@example.org", "SHA256:ann", ALL, ALL, "", False)
BEN = Signer("ben@example.org", "SHA256:ben", Rights(("fjord",), ("prod",)), Rights(("delta",), ("prod",)), "", False)


def build_environment(approval: str, source: str | None, plants: Any = "all") -> EnvironmentSettings:
    keys = {"approval": approval, "from": source, "tests": [], "max_latency_ms": 20.0, "remote": None, "wave": 5}
    return EnvironmentSettings.model_validate({**keys, "plants": plants, "overrides": {}})


class History:
    """The tags of fjord, a hundred seconds apart, and the rules that they are judged by."""

    def __init__(self, approval: str) -> None:
        self.environments = {
            "dev": build_environment("none", None),
            "test": build_environment("manual", "dev"),
            "prod": build_environment(approval, "test"),
        }
        self.plants = ["fjord", "delta"]
        self.events: list[Event] = []
        self.signed: dict[str, Verified] = {}
        self.asked: list[str] = []

    def add(self, name: str, commit: str, *, by: Signer | None = None, fault: str = "", **fields: Any) -> Event:
        found = read_name(name)
        assert found is not None
        number = len(self.events) + 1
        event = Event(
            tag=name, oid=f"oid {number}", plant=found.plant, action=found.action, version=found.version,
            stage=found.stage, number=found.number, commit=commit, time=100 * number, who="", sentence="",
            fields=fields, fault="", is_signed=True,
        )  # fmt: skip
        principal, fingerprint = (by.principal, by.fingerprint) if by else ("", "")
        fault = fault or ("" if by else "carries no signature")
        content = f"object {commit}\ntype commit\ntag {name}\ntagger T <t@example.org> {event.time} +0000\n\n{fields}"
        self.signed[event.oid] = Verified(principal, fingerprint, fault, content.encode())
        self.events.append(event)
        return event

    def register(self, version: str, commit: str, **fields: Any) -> Event:
        return self.add(f"fjord@{version}", commit, **{"package": f"{commit}.dir", "sha256": f"sha {commit}", **fields})

    def place(self, stage: str, version: str, commit: str, /, *, by: Signer | None = None, **fields: Any) -> Event:
        number = max((event.number for event in self.events), default=0) + 1
        known = {"version": version, "package": f"{commit}.dir", "sha256": f"sha {commit}"}
        if not stage.startswith(APPROVED):
            known["environment"] = stage.rstrip("!")
        known |= fields
        return self.add(
            f"fjord#{stage}#{number}", commit, by=by, **{key: it for key, it in known.items() if it is not None}
        )

    def promote(self, version: str, commit: str, *stages: str, by: Signer | None = None) -> Event:
        for stage in stages:
            event = self.place(stage, version, commit, by=by)
        return event

    @property
    def line(self) -> Line:
        return build_registry(self.events).line("fjord")

    def build_rules(self) -> Rules:
        return Rules(Path("nowhere"), self.environments, self.plants, Signers((ANN, BEN)))

    def find(self, event: Event) -> list[tuple[str, str]]:
        """The rules that a tag breaks towards its own environment, with the sentences."""
        problems = self.build_rules().find_problems(self.line, event, event.stage)
        assert all(problem.tag == event.tag and problem.plant == "fjord" for problem in problems)
        return [(problem.rule, problem.sentence) for problem in problems]

    def find_followed(self, environment: str) -> str | None:
        version = self.build_rules().follow(self.line, environment).version
        return None if version is None else version.version


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Start a history in which v1.0.0 is registered and approved, and went to dev and test."""

    def begin(approval: str = "manual") -> History:
        history = History(approval)

        def verify(_: Path, oids: Sequence[str], __: Signers) -> dict[str, Verified]:
            history.asked += oids
            return {oid: history.signed[oid] for oid in oids}

        monkeypatch.setattr(module, "verify_tags", verify)
        history.register("v1.0.0", "a")
        history.promote("v1.0.0", "a", APPROVED, "dev", "test", by=ANN)
        return history

    return begin


def test_sound_history_breaks_no_rule(start: Any) -> None:
    history = start()
    event = history.place("prod", "v1.0.0", "a")
    assert [history.find(it) for it in history.events[2:]] == [[]] * 3
    followed = history.build_rules().follow(history.line, "prod")
    assert (followed.event, followed.problems) == (event, ())
    assert followed.version is not None
    assert followed.version.version == "v1.0.0"
    assert history.asked == []  # nobody asks for a signature


def test_nothing_is_followed_where_nothing_is_assigned(start: Any) -> None:
    followed = start().build_rules().follow(Line("fjord", ()), "prod")
    assert (followed.event, followed.version, followed.problems) == (None, None, ())


def test_environment(start: Any) -> None:
    history = start()
    event = history.place("live", "v1.0.0", "a")
    expected = "tag fjord#live#4 assigns to live, which is not an environment in params.yaml."
    assert history.find(event) == [("environment", expected)]


@pytest.mark.parametrize("plants", [["delta"], []])
def test_plant_of_another_environment(start: Any, plants: list[str]) -> None:
    history = start()
    history.environments["prod"] = build_environment("manual", "test", plants)
    event = history.place("prod", "v1.0.0", "a")
    assert history.find(event) == [
        ("plant", "tag fjord#prod#4 assigns fjord, which is not a plant of environment prod.")
    ]
    assert history.find_followed("prod") is None


def test_plant_that_is_not_known(start: Any) -> None:
    history = start()
    history.plants = ["delta"]
    assert [rule for rule, _ in history.find(history.place("prod", "v1.0.0", "a"))] == ["plant"]


def test_unregistered_commit(start: Any) -> None:
    history = start()
    event = history.place("prod", "v1.0.0", "f" * 40)
    expected = "tag fjord#prod#4 assigns commit ffffffffff, where no version of fjord was registered."
    assert history.find(event) == [("unregistered", expected)]
    assert history.find_followed("prod") is None


def test_registered_only_later(start: Any) -> None:
    history = start()
    event = history.place("dev", "v1.1.0", "b")
    history.register("v1.1.0", "b")
    expected = "tag fjord#dev#4 assigns commit b, where no version of fjord was registered."
    assert history.find(event) == [("unregistered", expected)]
    assert history.find_followed("dev") == "v1.0.0"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"version": "v1.1.0"}, "version v1.1.0, expected v1.0.0"),
        ({"version": None}, "version missing, expected v1.0.0"),
        ({"package": "b.dir"}, "package b.dir, expected a.dir"),
        ({"package": None}, "package missing, expected a.dir"),
        ({"sha256": "sha b"}, "sha256 sha b, expected sha a"),
        ({"sha256": ["sha a"]}, "sha256 ['sha a'], expected sha a"),
        ({"environment": "test"}, "environment test, expected prod"),
        ({"version": "v2", "sha256": 1}, "version v2, expected v1.0.0; sha256 1, expected sha a"),
    ],
)
def test_package(start: Any, fields: dict[str, Any], words: str) -> None:
    history = start()
    event = history.place("prod", "v1.0.0", "a", **fields)
    assert history.find(event) == [("package", f"tag fjord#prod#4 is about v1.0.0, but records {words}.")]
    assert history.find_followed("prod") is None


@pytest.mark.parametrize("missing", ["package", "sha256"])
def test_registration_that_records_no_package(start: Any, missing: str) -> None:
    history = start()
    history.register("v1.1.0", "b", **{missing: ""})
    event = history.place("dev", "v1.1.0", "b", **{missing: ""})
    expected = f"tag fjord#dev#4 is about v1.1.0, but records {missing} , expected ."
    assert history.find(event) == [("package", expected)]


def test_skipped_environment(start: Any) -> None:
    history = start()
    history.register("v1.1.0", "b")
    history.promote("v1.1.0", "b", APPROVED, "dev")
    event = history.place("prod", "v1.1.0", "b")
    expected = "tag fjord#prod#6 puts v1.1.0 into prod, but it was not in test before."
    assert history.find(event) == [("skipped", expected)]
    assert history.find_followed("prod") is None


def test_skipped_then_made_up_for_is_skipped_still(start: Any) -> None:
    history = start()
    history.register("v1.1.0", "b")
    history.promote("v1.1.0", "b", APPROVED, "dev")
    early = history.place("prod", "v1.1.0", "b")
    history.place("test", "v1.1.0", "b")
    assert [rule for rule, _ in history.find(early)] == ["skipped"]
    late = history.place("prod", "v1.1.0", "b")
    assert history.find(late) == []
    assert history.find_followed("prod") == "v1.1.0"


def test_environment_before_that_broke_a_rule_does_not_count(start: Any) -> None:
    history = start()
    history.register("v1.1.0", "b")
    history.promote("v1.1.0", "b", "dev", "test", APPROVED)  # approved after it was in test
    event = history.place("prod", "v1.1.0", "b")
    assert [rule for rule, _ in history.find(event)] == ["skipped"]


def test_environment_before_counts_though_it_was_left_since(start: Any) -> None:
    history = start()
    history.place("test!", "v1.0.0", "a")
    assert history.find(history.place("prod", "v1.0.0", "a")) == []


def test_approval_counts_at_the_time_of_the_assignment(start: Any) -> None:
    history = start()
    good = history.place("prod", "v1.0.0", "a")
    history.place("approved!", "v1.0.0", "a", reason="drifts")
    assert history.find(good) == []
    bad = history.place("prod", "v1.0.0", "a")
    expected = "tag fjord#prod#6 puts v1.0.0 into prod, but it was not approved then."
    assert history.find(bad) == [("approval", expected)]
    followed = history.build_rules().follow(history.line, "prod")
    assert followed.event == good
    version, rules = history.line.versions["v1.0.0"], history.build_rules()
    assert rules.is_approved(version, history.line, "prod", before=good)
    assert not rules.is_approved(version, history.line, "prod")
    assert rules.is_approved(version, history.line, "dev")  # which asks for none


def test_approval_that_comes_after_does_not_count(start: Any) -> None:
    history = start()
    history.register("v1.1.0", "b")
    history.place("dev", "v1.1.0", "b")
    event = history.place("test", "v1.1.0", "b")
    history.place(APPROVED, "v1.1.0", "b")
    assert [rule for rule, _ in history.find(event)] == ["approval"]
    assert history.find_followed("test") == "v1.0.0"


def test_approval_of_another_package_does_not_count(start: Any) -> None:
    history = start()
    history.register("v1.1.0", "b")
    history.place("dev", "v1.1.0", "b")
    approval = history.place(APPROVED, "v1.1.0", "b", sha256="sha a")
    assert [rule for rule, _ in history.find(history.place("test", "v1.1.0", "b"))] == ["approval"]
    problems = history.build_rules().find_decision_problems(history.line, approval)
    expected = "tag fjord#approved#5 is about v1.1.0, but records sha256 sha a, expected sha b."
    assert [(problem.rule, problem.sentence) for problem in problems] == [("package", expected)]


def test_decision_about_an_unregistered_commit(start: Any) -> None:
    history = start()
    approval = history.place(APPROVED, "v1.0.0", "e" * 40)
    (problem,) = history.build_rules().find_decision_problems(history.line, approval)
    assert problem.rule == "unregistered"
    assert problem.sentence == (
        "tag fjord#approved#4 is about commit eeeeeeeeee, where no version of fjord is registered."
    )


def test_signature(start: Any) -> None:
    history = start("signed")
    event = history.place("prod", "v1.0.0", "a")
    assert history.find(event) == [("signature", "tag fjord#prod#4 carries no signature.")]
    assert history.find_followed("prod") is None
    assert history.find(history.place("prod", "v1.0.0", "a", by=ANN)) == []
    assert history.find_followed("prod") == "v1.0.0"


def test_right_to_promote(start: Any) -> None:
    history = start("signed")
    event = history.place("prod", "v1.0.0", "a", by=BEN)
    expected = "tag fjord#prod#4 is signed by ben@example.org, who may not promote fjord for prod."
    assert history.find(event) == [("right", expected)]
    assert history.find_followed("prod") is None


def test_key_that_is_no_signers(start: Any) -> None:
    history = start("signed")
    nobody = Signer("eve@example.org", "SHA256:eve", ALL, ALL, "", False)
    assert [rule for rule, _ in history.find(history.place("prod", "v1.0.0", "a", by=nobody))] == ["right"]


@pytest.mark.parametrize(("by", "counts"), [(None, False), (ANN, True), (BEN, True)])
def test_approval_for_a_signed_environment(start: Any, by: Signer | None, counts: bool) -> None:
    history = start("signed")
    history.register("v1.1.0", "b")
    approval = history.place(APPROVED, "v1.1.0", "b", by=by)
    history.promote("v1.1.0", "b", "dev", "test")
    event = history.place("prod", "v1.1.0", "b", by=ANN)
    assert [rule for rule, _ in history.find(event)] == ([] if counts else ["approval"])
    assert history.find_followed("test") == "v1.1.0"  # test asks for no signature
    assert history.build_rules().find_decision_problems(history.line, approval) == []


def test_rejection_without_a_signature_takes_nothing_back(start: Any) -> None:
    history = start("signed")
    history.place("approved!", "v1.0.0", "a")
    assert history.find(history.place("prod", "v1.0.0", "a", by=ANN)) == []
    version, rules = history.line.versions["v1.0.0"], history.build_rules()
    assert rules.is_approved(version, history.line, "prod")
    assert not rules.is_approved(version, history.line, "test")


@pytest.mark.parametrize("name", ["fjord@v1.0.0!", "fjord#prod!#9", "fjord@deprecated#9"])
@pytest.mark.parametrize(("by", "is_taken"), [(None, False), (BEN, False), (ANN, True)])
def test_taking_away_needs_a_signature_too(start: Any, name: str, by: Signer | None, is_taken: bool) -> None:
    history = start("signed")
    history.place("prod", "v1.0.0", "a", by=ANN)
    event = history.add(name, "a", by=by)
    assert history.find_followed("prod") == (None if is_taken else "v1.0.0")
    rule = "signature" if by is None else "right"
    assert [problem.rule for problem in history.build_rules().follow(history.line, "prod").problems] == (
        [] if is_taken else [rule]
    )
    assert history.build_rules().find_problems(history.line, event, "test") == []


@pytest.mark.parametrize("name", ["fjord@v1.0.0!", "fjord#prod!#9", "fjord@deprecated#9"])
def test_taking_away_is_free_where_nobody_signs(start: Any, name: str) -> None:
    history = start()
    history.place("prod", "v1.0.0", "a")
    history.add(name, "a")
    assert history.find_followed("prod") is None


def test_several_bad_tags_leave_the_last_good_one(start: Any) -> None:
    history = start()
    good = history.place("prod", "v1.0.0", "a")
    history.register("v1.1.0", "b")
    bad = [history.place("prod", "v1.1.0", "b"), history.place("prod", "v1.0.0", "a", sha256="x")]
    bad.append(history.place("prod", "v1.0.0", "c"))
    followed = history.build_rules().follow(history.line, "prod")
    assert followed.event == good
    assert {problem.tag for problem in followed.problems} == {event.tag for event in bad}


def test_each_tag_is_verified_once(start: Any) -> None:
    history = start("signed")
    history.place("prod", "v1.0.0", "a", by=ANN)
    rules = history.build_rules()
    rules.trust.verify(history.events)
    for _ in range(3):
        assert rules.follow(history.line, "prod").version is not None
    assert sorted(history.asked) == sorted(event.oid for event in history.events)


# Numbers and keys that ended


@pytest.mark.parametrize("name", ["fjord#prod", "fjord#prod!", "fjord#approved!"])
def test_a_signed_tag_without_a_number_counts_nowhere(start: Any, name: str) -> None:
    history = start("signed")
    history.place("prod", "v1.0.0", "a", by=ANN)
    known = {"version": "v1.0.0", "package": "a.dir", "sha256": "sha a", "environment": "prod"}
    event = history.add(name, "a", by=ANN, **known)
    problems = history.build_rules().trust.judge(history.line, event, "promote", "prod")
    assert [problem.sentence for problem in problems] == [
        f"tag {name} has no number, and only numbered tags count in prod."
    ]
    followed = history.build_rules().follow(history.line, "prod")
    assert followed.event is not event
    assert history.find_followed("prod") == "v1.0.0"
    assert history.build_rules().is_approved(history.line.versions["v1.0.0"], history.line, "prod")


@pytest.mark.parametrize(("by", "counts"), [(ANN, False), (None, True)])
def test_a_number_that_counted_before_is_used_up(start: Any, by: Signer | None, counts: bool) -> None:
    """A tag that nobody signed uses up no number: anybody could take one from a decision."""
    history = start("signed")
    history.place("prod!", "v1.0.0", "a", by=by)
    number = history.events[-1].number
    known = {"version": "v1.0.0", "package": "a.dir", "sha256": "sha a", "environment": "prod"}
    event = history.add(f"fjord#prod#{number}", "a", by=ANN, **known)
    expected = f"tag fjord#prod#{number} has number {number}, as fjord#prod!#{number} has, which came first."
    assert history.find(event) == ([] if counts else [("number", expected)])


@pytest.mark.parametrize("is_sealed", [False, True])
def test_of_an_ended_key_only_what_was_sealed_counts(start: Any, is_sealed: bool) -> None:
    history = start("signed")
    event = history.place("prod", "v1.0.0", "a", by=ANN)
    ended = replace(ANN, ends=1000)
    approval = history.events[1]
    sealed = {it.tag: it.oid for it in (approval, event)} if is_sealed else {}
    rules = Rules(Path("nowhere"), history.environments, history.plants, Signers((ended,), sealed, 1000))
    assert (rules.follow(history.line, "prod").event is event) is is_sealed
    if not is_sealed:
        told = rules.find_problems(history.line, event, "prod")
        assert any("the key of ann@example.org, which has ended" in problem.sentence for problem in told)
    before = Rules(Path("nowhere"), history.environments, history.plants, Signers((ended,), {}, 999))
    assert before.follow(history.line, "prod").event is event
