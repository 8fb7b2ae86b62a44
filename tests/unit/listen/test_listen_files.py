"""The files of live readings: each reading once, whole or not at all, one file a day, and ingest reads them."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from elc import ingest
from elc.errors import ElcError
from elc.listen import Listening, log
from elc.listen.intake import Intake, IntakeLimits
from elc.listen.keeper import Keeper
from elc.listen.model import Delivery, Reading, Reject
from elc.listen.outage import Outage
from elc.listen.status import find_state, read_state, write_status
from elc.paths import Project
from elc.records.listener import ListenerStatus, read_listener
from elc.settings import read_settings
from tests.unit.ingest.exports import GAS, TAGS, build_settings
from tests.unit.listen.broker import list_readings, make_project
from tests.unit.records.examples import LISTENING as EXAMPLE

START = datetime(2026, 6, 20, tzinfo=UTC)
START_US = int(START.timestamp()) * 1_000_000
NAMES = ("FT-1", "FT-2")
LIST = """tag,column,unit,factor,offset,role,carrier,low,high,monotone,description
FT-1,gas_energy_gj_per_h,GJ/h,,,energy,gas,0,1000,,gas
FT-2,load_t_per_h,t/h,,,throughput,,0,100,,load
"""

LISTENING = ListenerStatus.model_validate_json(json.dumps(EXAMPLE))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = make_project(tmp_path)
    made.tags("fjord").write_text(LIST)
    return made


def build_keeper(project: Project) -> Keeper:
    return Keeper(project, "fjord", read_settings(project).listen)


def build_readings(hours: float, *, start_h: float = 0.0) -> list[Reading]:
    steps = range(int(start_h * 60), int((start_h + hours) * 60))
    return [Reading(tag, START_US + step * 60_000_000, float(step), "GOOD") for step in steps for tag in NAMES]


def keep(keeper: Keeper, *readings: Reading, rejects: tuple[Reject, ...] = ()) -> None:
    keeper.write(keeper.prepare([Delivery("fjord", readings, rejects)]))


def age(project: Project, *, by_h: float) -> None:
    for path in project.live("fjord").rglob("*.parquet"):
        at = path.stat().st_mtime - by_h * 3600
        os.utime(path, (at, at))


def test_a_reading_that_comes_again_is_left_out_even_after_a_restart(project: Project) -> None:
    readings = build_readings(1)
    first = build_keeper(project)
    keep(first, *readings, readings[0])
    keep(first, *readings)
    assert (first.counts.readings, first.counts.doubled) == (120, 121)
    again = build_keeper(project)
    keep(again, *readings, readings[0]._replace(value=99.0))
    assert (again.counts.readings, again.counts.doubled) == (1, 120)
    keep(again, readings[0]._replace(value=None, quality="BAD"), readings[0]._replace(value=None, quality="BAD"))
    assert (again.counts.readings, again.counts.doubled) == (2, 121)


def test_a_day_that_is_over_becomes_one_file_and_a_kill_in_between_doubles_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = build_keeper(project)
    for part in range(6):
        keep(keeper, *build_readings(8, start_h=8 * part))
    before = list_readings(project)
    assert keeper.merge() == []  # what may still be needed against doubles stays
    age(project, by_h=1)

    def die(_: Path, *, missing_ok: bool) -> None:  # noqa: ARG001
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", die)
        with pytest.raises(KeyboardInterrupt):
            keeper.merge()
    assert len(list_readings(project)) == len(before) + 24 * 60 * 2  # one day stands twice, for ingest to bear
    assert build_keeper(project).merge() == [date(2026, 6, 20), date(2026, 6, 21)]
    assert list_readings(project) == before
    live = project.live("fjord")
    assert sorted(path.name for path in live.iterdir()) == ["2026-06-20.parquet", "2026-06-21.parquet"]
    late = [one._replace(time_us=one.time_us + 1) for one in build_readings(1)]
    keep(build_keeper(project), *late)  # late readings join their day
    age(project, by_h=1)
    assert build_keeper(project).merge() == [date(2026, 6, 20)]
    assert len(list_readings(project)) == len(before) + len(late)
    assert sorted(path.name for path in live.iterdir()) == ["2026-06-20.parquet", "2026-06-21.parquet"]


def test_ingest_reads_live_files_beside_an_export_and_bears_doubles(project: Project, tmp_path: Path) -> None:
    readings = [one._replace(value=one.value % 50 + 20) for one in build_readings(30) if one.value is not None]
    rows = [(pd.Timestamp(one.time_us, unit="us", tz="UTC"), one.tag, one.value, "Good") for one in readings]
    export = pd.DataFrame(rows, columns=["time", "tag", "value", "quality"])
    once = tmp_path / "once"
    once.mkdir()
    export.to_parquet(once / "all.parquet")
    project.raw("fjord").mkdir(parents=True)
    export.iloc[:1000].to_parquet(project.raw("fjord") / "some.parquet")
    keeper = build_keeper(project)
    for part in np.array_split(np.arange(900, len(readings)), 7):
        keep(keeper, *[readings[place] for place in part])
    copied = next(project.live("fjord").rglob("*.parquet"))
    copied.with_name("copied.parquet").write_bytes(copied.read_bytes())
    shutil.copytree(project.live("fjord"), project.raw("fjord") / "live")
    settings = build_settings()
    expected, _, _ = ingest.read_export(once, TAGS, settings, cache=tmp_path / "cache_once")
    found, _, findings = ingest.read_export(project.raw("fjord"), TAGS, settings, cache=tmp_path / "cache")
    pd.testing.assert_frame_equal(found, expected)
    assert findings.empty
    assert found[GAS].notna().all()


def test_strange_times_and_tags_are_counted_and_never_reach_ingest(
    project: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "_told", {})
    keeper = build_keeper(project)
    late = datetime.now(UTC) + timedelta(days=2)
    strange = [0, 10**30, int(late.timestamp() * 1e6)]
    keep(keeper, *[Reading("FT-1", at, 1.0, "GOOD") for at in strange], Reading("XX", START_US, 1.0, "GOOD"))
    keep(keeper, Reading("XX", START_US, 2.0, "GOOD"), rejects=(Reject("a/XX", "is text", "x", "XX"),))
    assert (keeper.counts.readings, keeper.counts.rejected) == (0, 3)
    assert keeper.counts.unknown_tags == {"XX": 3}
    assert capsys.readouterr().err.count('"unknown_tag"') == 1
    lines = (project.listen("fjord") / "rejected.jsonl").read_text().splitlines()
    assert all("check the clocks of the sender" in json.loads(line)["reason"] for line in lines)
    project.tags("fjord").write_text(LIST + "XX,air_temp_degc,degC,,,driver,,,,,air\n")
    keep(keeper, Reading("XX", START_US, 3.0, "GOOD"))
    assert keeper.counts.readings == 1


def test_a_clock_that_is_set_back_rejects_no_reading(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = int(datetime.now(UTC).timestamp() * 1e6)
    keeper = build_keeper(project)
    monkeypatch.setattr("elc.listen.keeper.now_us", lambda: moment - 86_400_000_000)
    keep(keeper, Reading("FT-1", moment, 1.0, "GOOD"), Reading("FT-1", moment + 86_400_000_000, 1.0, "GOOD"))
    assert (keeper.counts.readings, keeper.counts.rejected) == (1, 1)


def test_what_is_rejected_is_bounded(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    from elc.listen.rejected import write_rejects

    for _ in range(40):
        write_rejects(project.listen("fjord"), [Reject("a", "is text", "x" * 1000)] * 10, max_mib=0.1)
    size = sum(path.stat().st_size for path in project.listen("fjord").iterdir())
    assert 0.05 * (1 << 20) < size < 0.15 * (1 << 20)
    assert '"rejected_dropped"' in capsys.readouterr().err


def test_one_write_of_what_is_rejected_stays_under_the_limit_too(project: Project) -> None:
    from elc.listen.rejected import write_rejects

    folder = project.listen("fjord")
    for _ in range(3):
        write_rejects(folder, [Reject("a", "is text", "x" * 1000)] * 1000, max_mib=0.1)
        assert sum(path.stat().st_size for path in folder.iterdir()) <= 0.1 * (1 << 20)
    lines = [json.loads(line) for line in (folder / "rejected.jsonl").read_text().splitlines()]
    assert sum(line["count"] for line in lines) == 1000
    assert "more are not written: listen.max_rejected_mib" in lines[-1]["reason"]


def test_what_one_message_brings_in_rejects_is_counted_whole_and_written_in_part(project: Project) -> None:
    keeper = build_keeper(project)
    keep(keeper, *[Reading("FT-1", number, 1.0, "GOOD") for number in range(5000)])
    rejects = tuple(Reject("a", "is text", "x", "FT-2") for _ in range(5000))
    keep(keeper, rejects=(*rejects, Reject("a", "is text", "x", "XX", 7)))
    assert (keeper.counts.rejected, keeper.counts.unknown_tags) == (10_000, {"XX": 7})
    lines = [json.loads(line) for line in (project.listen("fjord") / "rejected.jsonl").read_text().splitlines()]
    assert (len(lines), sum(line["count"] for line in lines)) == (202, 10_000)
    assert "4900 more of the same message" in lines[-1]["reason"]


def test_names_of_unknown_tags_are_cut(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    keeper = build_keeper(project)
    keep(keeper, *[Reading("X" * 100_000 + str(number), START_US, 1.0, "GOOD") for number in range(20)])
    assert keeper.counts.unknown_tags == {"X" * 200: 20}
    assert len(capsys.readouterr().err) < 1000


def test_what_cannot_be_written_is_rejected_whole_and_stops_nothing(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    intake, confirmed = Intake(IntakeLimits(10, 10)), []
    keeper = build_keeper(project)
    listening = Listening(project, read_settings(project).listen, intake, sources=[], keepers={"fjord": keeper})
    strange: Any = "no number"
    for number, value in enumerate((1.0, strange, 3.0)):
        readings = (Reading("FT-1", START_US + number, value, "GOOD"),)
        intake.put(Delivery("fjord", readings, confirm=lambda number=number: confirmed.append(number)))
    listening.stop()
    listening.run()
    assert (confirmed, keeper.counts.rejected_whole) == ([0, 1, 2], 1)
    assert [value for _, _, value, _ in list_readings(project)] == [1.0, 3.0]
    assert "the whole message is rejected" in (project.listen("fjord") / "rejected.jsonl").read_text()
    status = json.loads((project.listen("fjord") / "status.json").read_text())
    assert (status["rejected"], status["rejected_whole"]) == (1, 1)
    assert '"unwritable"' in capsys.readouterr().err


def test_files_that_are_none_of_ours_stop_neither_start_nor_merge(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(build_keeper(project), *build_readings(2))
    (project.live("fjord") / "notes").mkdir()
    (project.live("fjord") / "2026-06-20" / "broken.parquet").write_bytes(b"PAR1")
    keeper = build_keeper(project)
    keep(keeper, *build_readings(2))
    assert (keeper.counts.readings, keeper.counts.doubled) == (0, 240)
    age(project, by_h=1)
    listening = Listening(
        project, read_settings(project).listen, Intake(IntakeLimits(1, 1)), sources=[], keepers={"fjord": keeper}
    )
    listening.merge()
    log = capsys.readouterr().err
    assert '"file_unreadable"' in log
    assert '"cannot_merge"' in log


@pytest.mark.parametrize("place", [".dvc/tmp/elc", "operation/prod"])
def test_days_are_left_alone_while_an_hourly_run_reads_them(project: Project, place: str) -> None:
    keeper = build_keeper(project)
    keep(keeper, *build_readings(2))
    age(project, by_h=1)
    settings = read_settings(project).listen
    listening = Listening(project, settings, Intake(IntakeLimits(1, 1)), sources=[], keepers={"fjord": keeper})
    (project.root / place).mkdir(parents=True)
    with (project.root / place / "hourly.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        listening.merge()
        assert not (project.live("fjord") / "2026-06-20.parquet").exists()
    listening.merge()
    assert (project.live("fjord") / "2026-06-20.parquet").exists()


@pytest.mark.parametrize("content", ["[1, 2]", '"text"', "7", "null", "{broken", "[" * 100_000, "\x00\xff"])
def test_a_state_of_another_shape_is_told_and_not_used(
    project: Project, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    project.listen("").mkdir(parents=True)
    find_state(project, "site").write_text(content, encoding="latin-1")
    assert read_state(project, "site") is None
    assert '"state_unreadable"' in capsys.readouterr().err


class Sender:
    """A source that sends two messages at once, and keeps which were acknowledged."""

    name, plants = "site", ("fjord",)

    def __init__(self, intake: Intake) -> None:
        self.outage = Outage("site")
        self.outage.end()  # it is there
        self._intake = intake
        self.confirmed: list[int] = []

    def start(self) -> None:
        for number in range(2):
            reading = Reading("FT-1", START_US + number, 1.0, "GOOD")
            self._intake.put(Delivery("fjord", (reading,), confirm=lambda number=number: self.confirmed.append(number)))

    def stop(self) -> None:
        self.confirmed.append(-1)


def build_listening(project: Project) -> tuple[Listening, Sender]:
    intake = Intake(IntakeLimits(1000, 1000))
    sender, settings = Sender(intake), read_settings(project).listen
    keepers = {"fjord": build_keeper(project)}
    return Listening(project, settings, intake, sources=[sender], keepers=keepers), sender


def run_with_full_disk(
    listening: Listening, monkeypatch: pytest.MonkeyPatch, *, until: Any, is_freed: bool
) -> list[Exception]:
    """Run a listening whose files cannot be forced to the disk until something is so."""
    real, faults = os.fsync, []
    is_full = threading.Event()
    is_full.set()

    def force(number: int) -> None:
        if is_full.is_set():
            raise OSError(errno.ENOSPC, "No space left on device")
        real(number)

    def run() -> None:
        try:
            listening.run()
        except ElcError as error:
            faults.append(error)

    monkeypatch.setattr(os, "fsync", force)
    monkeypatch.setattr("elc.listen.loop.RETRY_S", 0.05)
    thread = threading.Thread(target=run)
    thread.start()
    until(is_full.clear if is_freed else lambda: None)
    listening.stop()
    thread.join()
    return faults


def test_a_full_disk_is_said_and_nothing_is_acknowledged_until_there_is_room(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.unit.listen.broker import wait_for

    listening, sender = build_listening(project)
    status = project.listen("fjord") / "status.json"

    def wait(free: Any) -> None:
        wait_for(lambda: status.exists() and json.loads(status.read_text())["cannot_write"], what="the fault")
        assert sender.confirmed == []
        assert list_readings(project) == []
        free()
        wait_for(lambda: len(sender.confirmed) == 2, what="room")

    assert run_with_full_disk(listening, monkeypatch, until=wait, is_freed=True) == []
    assert sender.confirmed == [0, 1, -1]
    assert len(list_readings(project)) == 2
    assert json.loads(status.read_text())["cannot_write"] is None
    log = capsys.readouterr().err
    assert log.count('"cannot_write"') == 1
    assert '"can_write_again"' in log


def test_a_stop_with_a_full_disk_says_what_is_not_written(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.unit.listen.broker import wait_for

    listening, sender = build_listening(project)
    status = project.listen("fjord") / "status.json"
    faults = run_with_full_disk(
        listening, monkeypatch, until=lambda _: wait_for(status.exists, what="the fault"), is_freed=False
    )
    assert len(faults) == 1
    assert "cannot be written" in str(faults[0])
    assert "Make room, then start it again" in str(faults[0])
    assert sender.confirmed == [-1]


def test_what_nobody_sends_again_is_counted_once_memory_is_full() -> None:
    intake = Intake(IntakeLimits(rows=1, messages=100))
    for number in range(12):
        intake.put(Delivery("fjord", (Reading("FT-1", START_US + number, 1.0, "GOOD"),)))
    assert intake.lost == 2
    assert len(intake.take()) == 10


def test_a_full_disk_is_said_where_the_status_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new file has no room then, but one that is there can be written over."""
    project = Project(tmp_path)
    write_status(project, LISTENING)
    path = project.listen("fjord") / "status.json"
    assert path.stat().st_size == 4096

    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    write_status(project, LISTENING.model_copy(update={"cannot_write": "no space"}))
    assert read_listener(project.listen("fjord")).cannot_write == "no space"
    with pytest.raises(ElcError, match=r"status\.json: cannot be written, the disk is full\. Make room\."):
        write_status(project, LISTENING.model_copy(update={"cannot_write": "x" * 5000}))
