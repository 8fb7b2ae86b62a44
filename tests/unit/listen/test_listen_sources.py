"""Which sources are listened to, and the words for those that cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from elc.errors import ElcError
from elc.listen.sources import build_listening, choose_sources
from elc.listen.topics import build_filters, match_topic
from elc.settings import read_settings
from tests.unit.listen.broker import make_project

SITE = {"host": "broker.example.org", "topics": ["site/{plant}/#"]}
DCS = {"url": "opc.tcp://dcs.example.org:4840", "plant": "fjord"}


def choose(tmp_path: Path, *plants: str, **listen: Any) -> list[str]:
    found = choose_sources(read_settings(make_project(tmp_path, **listen)), plants)
    return [*found.mqtt, *found.opcua]


def test_sources_are_chosen_by_plant(tmp_path: Path) -> None:
    sources = {"mqtt": {"site": SITE}, "opcua": {"dcs": DCS}}
    assert choose(tmp_path / "all", **sources) == ["site", "dcs"]
    assert choose(tmp_path / "one", "fjord", **sources) == ["site", "dcs"]


@pytest.mark.parametrize(
    ("plants", "listen", "words"),
    [
        ([], {}, "listen: contains no source. Add one under mqtt or opcua, as in"),
        (["fiord"], {"mqtt": {"site": SITE}}, "plant fiord is unknown: did you mean fjord?"),
        ([], {"opcua": {"dcs": {**DCS, "plant": "fiord"}}}, "source dcs: plant fiord is unknown: did you mean fjord?"),
        ([], {"opcua": {"site": DCS}, "mqtt": {"site": SITE}}, "source site is under both mqtt and opcua"),
        ([], {"opcua": {"A.b": DCS}}, "source A.b: a name consists of lowercase letters, digits and _"),
        ([], {"mqtt": {"site": {**SITE, "hots": 1}}}, "listen.mqtt.site.hots: unknown key: did you mean host?"),
        ([], {"mqtt": {"site": {**SITE, "topics": ["a/#/b"]}}}, "# stands for all remaining levels"),
        ([], {"mqtt": {"site": {**SITE, "topics": ["a/{plnt}"]}}}, "level {plnt} is not +, #, {plant}, {tag}"),
        ([], {"mqtt": {"site": {**SITE, "topics": ["a/#"]}}}, "no plant is given; add plant, or write a level {plant}"),
        ([], {"mqtt": {"site": {**SITE, "plant": "fjord"}}}, "plant is given, and a topic holds {plant} too"),
        ([], {"mqtt": {"site": {**SITE, "certificates": "a.pem"}}}, "certificates are given, and is_tls is false"),
        ([], {"mqtt": {"site": {**SITE, "tag": "{metrik}"}}}, "it is made of {group}, {node}, {device}, {metric}"),
        ([], {"opcua": {"dcs": {**DCS, "url": "http://dcs"}}}, "listen.opcua.dcs.url: found 'http://dcs'"),
    ],
)
def test_what_cannot_be_listened_to_is_said(
    tmp_path: Path, plants: list[str], listen: dict[str, Any], words: str
) -> None:
    with pytest.raises(ElcError) as caught:
        choose(tmp_path, *plants, **listen)
    assert words in str(caught.value)


def test_certificates_that_are_not_there_are_named(tmp_path: Path) -> None:
    source = {**SITE, "is_tls": True, "certificates": "ca.pem"}
    project = make_project(tmp_path, mqtt={"site": source})
    settings = read_settings(project)
    with pytest.raises(ElcError, match=r"listen\.mqtt\.site\.certificates: ca\.pem cannot be read as certificates"):
        build_listening(project, settings, settings.listen, [])


def test_named_levels_of_a_topic_are_found() -> None:
    topics = ["site/{plant}/readings/{tag}", "all/{plant}/#"]
    assert build_filters(topics, None) == ["site/+/readings/+", "all/+/#"]
    assert build_filters(topics, ["fjord"]) == ["site/fjord/readings/+", "all/fjord/#"]
    assert match_topic("site/fjord/readings/FT1", topics) == {"{plant}": "fjord", "{tag}": "FT1"}
    assert match_topic("all/delta", topics) == {"{plant}": "delta"}
    assert match_topic("all/delta/a/b", topics) == {"{plant}": "delta"}
    assert match_topic("site/fjord/FT1", topics) is None
