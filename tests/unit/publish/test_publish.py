"""Hours are published once, corrected where they change, and sent later to a target that was away."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner

from elc.advise.log import COLUMNS, TYPES
from elc.cli import main
from elc.errors import ElcError
from elc.fields import BEST, CONDITION_FRAC, GAP, TIME
from elc.paths import Project
from elc.publish import publish_hours
from elc.publish.deliver import Sent
from elc.settings import read_settings
from tests.unit.fetch.historians import PiServer, serve
from tests.unit.listen.broker import MOSQUITTO, REASON, Broker
from tests.unit.publish.written import ROOT, make_project

FIRST = datetime(2026, 6, 20, tzinfo=UTC)
Write = Callable[..., Project]
HUSH = "hushhush"


def leave(project: Project, gaps: list[float | None], *, best: float = 1500.0) -> None:
    """Leave what monitor and advise leave of hours with these gaps; advice is given in the last two."""
    times = pd.to_datetime([FIRST + timedelta(hours=place) for place in range(len(gaps))], utc=True)
    columns = {TIME: times, BEST: best, GAP: pd.Series(gaps, dtype=float), CONDITION_FRAC: 0.01234567}
    (folder := project.operation("monitor", "fjord")).mkdir(parents=True, exist_ok=True)
    pd.DataFrame(columns).to_parquet(folder / "hours.parquet", index=False)
    said = {"version": "v1.0.0", "is_shown": True}
    rows = [{TIME: time, "setpoint": "", "reason": "at_best", **said} for time in times[-2:-1]]
    for column, saving in (("flue_o2_pct", 4.0), ("h2_n2_ratio", 2.5)):
        row = {TIME: times[-1], "setpoint": column, "now": 1.0, "to": 2.0, "saving_gj_per_h": saving}
        rows.append({**row, "reason": "", **said})
    (folder := project.operation("advice", "fjord")).mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).reindex(columns=COLUMNS).astype(TYPES).to_parquet(folder / "log.parquet", index=False)


def publish(project: Project) -> list[tuple[str, int, str]]:
    return [(one.target, one.hours, one.fault) for one in publish_hours(project, ["fjord"])]


def read_table(path: Path) -> dict[tuple[str, str], float | None]:
    with duckdb.connect(str(path)) as connection:
        rows = connection.execute("SELECT time_utc, name, value FROM elc_hours WHERE plant = 'fjord'").fetchall()
    found = {(f"{time:%d %H}", name): value for time, name, value in rows}
    assert len(found) == len(rows), "an hour is there twice"
    return found


def test_a_table_has_each_hour_once_and_its_corrections(tmp_path: Path) -> None:
    path = tmp_path / "plant.duckdb"
    project = make_project(tmp_path, sql={"site": {"url": f"duckdb://{path}"}})
    leave(project, [10.0, None, 12.0])
    assert publish(project) == [("sql.site", 2, "")]
    found = read_table(path)
    assert found["20 00", GAP] == 10.0
    assert found["20 00", BEST] == 1500.0
    assert found["20 00", CONDITION_FRAC] == 0.0123457
    assert ("20 01", GAP) not in found
    assert found["20 02", "advised_saving_gj_per_h"] == 6.5
    assert found["20 02", "advised_flue_o2_pct"] == 2.0
    assert found["20 00", "advised_flue_o2_pct"] is None
    assert publish(project) == []
    leave(project, [11.0, 5.0, None, 13.0])  # a correction, an hour that is judged now, one that is not, and a new one
    assert publish(project) == [("sql.site", 4, "")]
    found = read_table(path)
    assert [found[f"20 0{hour}", GAP] for hour in range(4)] == [11.0, 5.0, None, 13.0]
    state = json.loads((project.operation("publish", "fjord") / "sql.site.json").read_text())
    assert state["written"] == 6
    assert publish(project) == []


def test_a_target_that_is_away_gets_its_hours_later_and_stops_no_other(tmp_path: Path) -> None:
    path = tmp_path / "plant.duckdb"
    sql = {"away": {"url": f"duckdb://{tmp_path}/later/plant.duckdb"}, "site": {"url": f"duckdb://{path}"}}
    project = make_project(tmp_path, sql=sql)
    leave(project, [10.0])
    first, second = publish_hours(project, ["fjord"])
    assert "publish.sql.away" in first.fault
    assert (second.target, second.hours) == ("sql.site", 1)
    leave(project, [10.0, 11.0])
    (tmp_path / "later").mkdir()
    assert publish(project) == [("sql.away", 2, ""), ("sql.site", 2, "")]  # one is new, one has other advice
    assert len({hour for hour, _ in read_table(tmp_path / "later" / "plant.duckdb")}) == 2


def test_hours_of_a_long_outage_are_all_sent(tmp_path: Path) -> None:
    project = make_project(tmp_path, sql={"site": {"url": f"duckdb://{tmp_path}/later/plant.duckdb"}}, days=1.0)
    leave(project, [1.0] * 100)
    assert publish(project)[0][1] == 0
    (tmp_path / "later").mkdir()
    assert publish(project) == [("sql.site", 25, "")]  # a first run begins a day back
    (tmp_path / "later").rename(tmp_path / "gone")
    leave(project, [1.0] * 150)
    assert "cannot be written" in publish(project)[0][2]
    leave(project, [1.0] * 200)
    (tmp_path / "gone").rename(tmp_path / "later")
    assert publish(project) == [("sql.site", 102, "")]  # two had advice that is now given in others
    state = json.loads((project.operation("publish", "fjord") / "sql.site.json").read_text())
    assert len(state["hours"]) == 25
    assert publish(project) == []


def test_another_place_has_nothing_yet_and_a_broken_state_writes_again(tmp_path: Path) -> None:
    project = make_project(tmp_path, sql={"site": {"url": f"duckdb://{tmp_path}/a.duckdb"}})
    leave(project, [1.0])
    assert publish(project) == [("sql.site", 1, "")]
    make_project(tmp_path, sql={"site": {"url": f"duckdb://{tmp_path}/b.duckdb"}})
    assert publish(project) == [("sql.site", 1, "")]
    (project.operation("publish", "fjord") / "sql.site.json").write_text("{")
    assert publish(project) == [("sql.site", 1, "")]
    assert len(read_table(tmp_path / "b.duckdb")) > 3


def test_nothing_is_published_unless_asked_or_of_another_environment(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    leave(project, [1.0])
    assert publish(project) == []
    project = make_project(tmp_path, sql={"site": {"url": f"duckdb://{tmp_path}/a.duckdb"}}, environment="test")
    assert publish(project) == []
    assert [one.name for one in tmp_path.iterdir() if one.suffix == ".duckdb"] == []


@pytest.mark.skipif(MOSQUITTO is None, reason=REASON)
def test_a_broker_gets_each_hour_and_keeps_the_newest(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    from paho.mqtt.client import Client
    from paho.mqtt.enums import CallbackAPIVersion

    broker = Broker(tmp_path / "broker")
    request.addfinalizer(broker.stop)
    project = make_project(tmp_path, mqtt={"site": {"host": "127.0.0.1", "port": broker.port}})
    leave(project, [10.0, 11.0, 12.0])
    assert "nothing listens there" in publish(project)[0][2]
    broker.start()
    messages: list[Any] = []
    come = threading.Semaphore(0)
    client = Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda _client, _data, message: (messages.append(message), come.release())
    client.on_subscribe = lambda *_: come.release()
    client.connect("127.0.0.1", broker.port)
    client.subscribe("elc/+/hour", qos=1)
    client.loop_start()
    request.addfinalizer(client.loop_stop)
    request.addfinalizer(client.disconnect)
    assert come.acquire(timeout=20)
    assert publish(project) == [("mqtt.site", 3, "")]
    leave(project, [10.5, 11.0, 12.0])
    assert publish(project) == [("mqtt.site", 1, "")]
    assert all(come.acquire(timeout=20) for _ in range(4))
    contents = [json.loads(message.payload) for message in messages]
    assert [one[GAP] for one in contents] == [10.0, 11.0, 12.0, 10.5]
    assert contents[2]["time_utc"] == "2026-06-20T02:00:00+00:00"
    assert contents[2]["advised_flue_o2_pct"] == 2.0
    late: list[Any] = []
    client.on_message = lambda _client, _data, message: (late.append(message), come.release())
    client.unsubscribe("elc/+/hour")
    client.subscribe("elc/+/hour", qos=1)
    assert come.acquire(timeout=20)
    assert come.acquire(timeout=20)
    assert [json.loads(message.payload)[GAP] for message in late] == [12.0]


def test_pi_gets_the_names_that_have_a_tag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tagreader", reason="the extra pi is not installed")
    monkeypatch.setenv("ELC_PI_PASSWORD", "right")
    monkeypatch.setenv("no_proxy", "*")
    pi = PiServer(points={"ELC.GAP": ("GJ/h", ""), "ELC.O2": ("%", "")})
    with serve(pi, "/piwebapi"):
        tags = {"fjord": {GAP: "ELC.GAP", "advised_flue_o2_pct": "ELC.O2"}}
        target = {"url": pi.url, "server": "PI1", "auth": "basic", "user": "elc", "tags": tags}
        project = make_project(tmp_path, pi={"site": target})
        leave(project, [10.0, 11.0])
        assert publish(project) == [("pi.site", 2, "")]
        assert [(query["updateOption"], body) for query, body in pi.posts] == [
            (["Replace"], [
                {"WebId": "P10", "Items": [{"Timestamp": "2026-06-20T00:00:00+00:00", "Value": 10.0},
                                           {"Timestamp": "2026-06-20T01:00:00+00:00", "Value": 11.0}]},
                {"WebId": "P11", "Items": [{"Timestamp": "2026-06-20T01:00:00+00:00", "Value": 2.0}]},
            ]),
            (["Remove"], [{"WebId": "P11", "Items": [{"Timestamp": "2026-06-20T00:00:00+00:00", "Value": 0.0}]}]),
        ]  # fmt: skip
        assert publish(project) == []
        leave(project, [10.0, 12.0])
        pi.faults = [None, (207, {}, {"Items": [{"Substatus": 403, "Message": "no write access"}]})]
        assert "some values were refused" in publish(project)[0][2]
        pi.faults = [None, (401, {}, {"Errors": ["sign in"]})]
        assert "answered 401 (sign in)" in publish(project)[0][2]
        del pi.points["ELC.O2"]
        assert "ELC.O2: not found in PI1" in publish(project)[0][2]


def test_settings_that_name_what_is_not_there_are_told(tmp_path: Path) -> None:
    tags = {"fjrd": {GAP: "ELC.GAP"}}
    pi = {"site": {"url": "https://pi.example.org/piwebapi", "server": "PI1", "tags": tags}}
    project = make_project(tmp_path, pi=pi, environment="prd")
    with pytest.raises(ElcError) as caught:
        read_settings(project)
    assert "publish.environment: prd is unknown: did you mean prod?" in str(caught.value)
    assert "publish.pi.site.tags: fjrd is unknown: did you mean fjord?" in str(caught.value)


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"mqtt": {"site": {"host": "h", "topic": "elc/hour"}}}, "it has no level {plant}"),
        ({"mqtt": {"site": {"host": "h", "topic": "elc/{plant}/#"}}}, "it contains +, #"),
        ({"sql": {"site": {"url": f"postgresql://elc:{HUSH}@h/d"}}}, "it contains a password"),
    ],
)
def test_targets_are_checked(tmp_path: Path, keys: dict[str, Any], words: str) -> None:
    project = make_project(tmp_path, **keys)
    with pytest.raises(ElcError) as caught:
        read_settings(project)
    assert words in str(caught.value)
    assert "secret" not in str(caught.value)


def test_the_command_says_what_it_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_project(tmp_path, sql={"site": {"url": f"duckdb://{tmp_path}/a.duckdb"}})
    leave(project, [1.0])
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["publish"])
    assert done.output == "plant fjord: 1 hours published to sql.site, 1 in all.\n"
    assert CliRunner().invoke(main, ["publish"]).output == "Nothing new.\n"
    make_project(tmp_path)
    done = CliRunner().invoke(main, ["publish"])
    assert done.exit_code == 1
    assert "publish: contains no target" in done.output
    assert Sent("fjord", "sql.site", 0, 3, "It is down.").say().endswith("It is down. The next run sends the rest.")
    assert yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8")).get("publish") in (None, {})
