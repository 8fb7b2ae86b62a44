"""Words that several pages share: a plant's state, the health of data and model, versions, counts and lists."""

from __future__ import annotations

from collections.abc import Sequence

from elc.pages.language.catalog import say
from elc.pages.language.numbers import format_number


def say_state(state: str) -> str:
    """Say the state of a plant (run, ramp, start, trip or unknown) in words."""
    words = {
        "run": say("running"),
        "ramp": say("changing load"),
        "start": say("in start-up"),
        "trip": say("down"),
        "unknown": say("load not known"),
    }
    return words.get(state, state)


def say_health(health: str) -> str:
    """Say the health of data or model as status.json names it: sound, ok, look, not judged, or so many findings."""
    words = {
        "sound": say("sound"),
        "ok": say("ok"),
        "look": say("look"),
        "not judged": say("not judged"),
        "1 finding": say("1 finding"),
    }
    count, _, rest = health.partition(" ")
    return say("{count} findings", count=count) if rest == "findings" else words.get(health, health)


def say_version(label: str) -> str:
    """Say which version of a model is meant: `candidate`, `candidate, not approved`, `v1.2.0`, or `v1.2.0 in prod`."""
    version, _, place = label.partition(" in ")
    if place:
        return say("{version} in {place}", version=say_version(version), place=place)
    words = {"candidate": say("candidate"), "candidate, not approved": say("candidate, not approved")}
    return words.get(label, label)


def say_list(names: Sequence[str]) -> str:
    """Say a list: `a, b and c`; empty without names."""
    if len(names) < 2:
        return "".join(names)
    return say("{first} and {last}", first=", ".join(names[:-1]), last=names[-1])


def say_number(count: int) -> str:
    """Say a number of things, up to twelve in a word."""
    words = (
        say("no"), say("one"), say("two"), say("three"), say("four"), say("five"), say("six"), say("seven"),
        say("eight"), say("nine"), say("ten"), say("eleven"), say("twelve"),
    )  # fmt: skip
    return words[count] if count < len(words) else format_number(count, 0)


def start(sentence: str) -> str:
    """Start a sentence with a capital letter, the rest as it is."""
    return sentence[:1].upper() + sentence[1:]
