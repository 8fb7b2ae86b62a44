"""A hostile publisher beside an honest one: `python -m benchmarks hostile --seconds 600`; without, it takes 20 seconds.

The honest one sends JSON at QoS 1 and Sparkplug B at QoS 0, and answers requests for births. The other sends whatever
breaks a reader, and the listener is stopped and started in the middle. Every honest reading has a tag and a time of its
own, and a value that is wrong under any other, so each one that is lost, doubled or misplaced is found.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.figures import Figure
from benchmarks.hostile.honest import SPARK_MS, START_MS, build_value
from elc.paths import Project
from elc.settings import read_tags
from tests.unit.listen.broker import MOSQUITTO, Broker, Listeners, make_project, read_files, read_log, wait_for

SECONDS, RATE = 20.0, 20.0
SETTLED_S = 180.0
TINY = {"SECONDS": 6.0}


def measure(options: Sequence[str] = ()) -> Iterator[Figure]:
    """Measure what of the honest readings is lost and doubled, and what it takes."""
    if MOSQUITTO is None:
        sys.exit("benchmark hostile: mosquitto was not found. Install it, or leave this benchmark out.")
    parser = argparse.ArgumentParser(prog="python -m benchmarks hostile")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--rate", type=float, default=RATE, help="Hostile messages a second.")
    chosen = parser.parse_args(options)
    with tempfile.TemporaryDirectory() as name:
        broker, listeners = Broker(Path(name) / "broker"), Listeners()
        broker.start()
        try:
            yield from _measure(Path(name), broker, listeners, chosen.seconds, chosen.rate)
        finally:
            listeners.end_all()
            broker.stop()


def _measure(folder: Path, broker: Broker, listeners: Listeners, seconds: float, rate: float) -> Iterator[Figure]:
    common = {"host": "127.0.0.1", "port": broker.port}
    spark = {**common, "topics": ["spBv1.0/Fjord/#"], "format": "sparkplug", "plant": "fjord"}
    site = {**common, "topics": ["site/{plant}/#"]}
    project = make_project(folder / "project", flush_s=1, mqtt={"site": site, "spark": spark})
    tags = [tag.tag for tag in read_tags(project.tags("fjord"), "fjord").tags if not tag.is_computed]
    listener = listeners.start(project, connections=2)
    words = [str(broker.port), str(seconds)]
    honest, hostile = _start("honest", *words, *tags), _start("hostile", *words, str(rate), *tags)
    time.sleep(seconds / 2)
    peaks = [_stop(project, listener)]
    listener = listeners.start(project, connections=4)
    sent, wrong = (json.loads(one.communicate()[0]) for one in (honest, hostile))
    wanted = sum(sent.values())
    try:
        wait_for(lambda: _find(project).num_rows >= wanted, what="all honest readings", seconds=SETTLED_S)
    except TimeoutError:
        sys.stderr.write("benchmark hostile: not all honest readings came\n")
    peaks.append(_stop(project, listener))
    yield from _compare(project, sent, f"{seconds:.0f} s, {sum(wrong.values()):,} hostile")
    yield Figure("hostile", f"{seconds:.0f} s", "memory", max(peaks), "MiB")


def _start(*words: str) -> subprocess.Popen[str]:
    code = f"import sys; from benchmarks.hostile.{words[0]} import main; main(sys.argv[1:])"
    return subprocess.Popen([sys.executable, "-c", code, *words[1:]], stdout=subprocess.PIPE, text=True)


def _stop(project: Project, listener: subprocess.Popen[str]) -> float:
    """Stop a listener by SIGTERM; give the most memory that it had, in MiB."""
    lines = Path(f"/proc/{listener.pid}/status").read_text().splitlines()
    peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    listener.send_signal(signal.SIGTERM)
    if listener.wait(60) != 0:
        sys.exit(f"benchmark hostile: the listener failed: {read_log(project)[-2000:]}")
    return peak / 1024


def _find(project: Project) -> pa.Table:
    """Find the honest readings: no other has a time after the start and a value."""
    table = read_files(project)
    if not table.num_rows:
        return table
    times = table["time"].cast(pa.int64())
    return table.filter(pc.and_(pc.greater_equal(times, START_MS * 1000), pc.is_valid(table["value"])))


def _compare(project: Project, sent: dict[str, int], case: str) -> Iterator[Figure]:
    found = _find(project)
    distinct = found.group_by(["tag", "time", "value", "quality"]).aggregate([]).to_pylist()
    right = {"json": 0, "sparkplug": 0}
    for row in distinct:
        number = round(row["time"].timestamp() * 1000) - START_MS
        if row["quality"] == "GOOD" and row["value"] == build_value(row["tag"], number):
            right["json" if number < SPARK_MS else "sparkplug"] += 1
    for name, count in right.items():
        yield Figure("hostile", case, f"{name} sent", sent[name], "readings")
        yield Figure("hostile", case, f"{name} lost", sent[name] - count, "readings")
    yield Figure("hostile", case, "doubled", found.num_rows - len(distinct), "readings")
    yield Figure("hostile", case, "wrong", len(distinct) - sum(right.values()), "readings")
    lines = [json.loads(line) for line in read_log(project).splitlines()]
    yield Figure("hostile", case, "disconnected", sum(line["event"] == "disconnected" for line in lines), "times")
    yield Figure("hostile", case, "log", len(lines), "lines")
    size = sum(path.stat().st_size for path in project.listen("").rglob("*") if path.is_file())
    yield Figure("hostile", case, "data/listen", size / (1 << 20), "MiB")
