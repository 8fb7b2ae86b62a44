"""An hour of MQTT at 2,000 readings a second, compressed in time, with the broker restarted five times.

`python -m benchmarks listen --readings 7200000` sends the whole hour; without, a tenth of its readings is sent, and
their times cover the hour. Every reading has a tag and a time of its own, so each one that is lost or doubled is found.
"""

from __future__ import annotations

import argparse
import json
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from benchmarks.figures import Figure
from elc.paths import Project
from elc.settings import read_tags
from tests.unit.listen.broker import MOSQUITTO, Broker, Listeners, make_project, read_files, read_log, wait_for

READINGS, RESTARTS, EACH = 720_000, 5, 100
START_MS = 1_781_956_800_000  # 2026-06-20 12:00 UTC
LONGEST_S = 1800
TINY = {"READINGS": 4_000, "RESTARTS": 1}
PUBLISHER = """
import json, sys
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
port, readings, each, start_ms = map(int, sys.argv[1:5])
tags = sys.argv[5:]
client = Client(CallbackAPIVersion.VERSION2, client_id="publisher", clean_session=False)
client.max_queued_messages_set(0)
client.max_inflight_messages_set(1000)
client.reconnect_delay_set(1, 1)
client.connect("127.0.0.1", port)
client.loop_start()
last = None
for first in range(0, readings, each):
    batch = [
        {"tag": tags[n % len(tags)], "time": start_ms + n * 3_600_000 // readings, "value": n % 1000 / 10}
        for n in range(first, min(first + each, readings))
    ]
    last = client.publish("site/fjord/all", json.dumps(batch), qos=1)
    while len(client._out_messages) > 5000:
        last.wait_for_publish(0.05)
last.wait_for_publish()
client.disconnect()
client.loop_stop()
"""


def measure(options: Sequence[str] = ()) -> Iterator[Figure]:
    """Measure what is lost and doubled, and what it takes."""
    if MOSQUITTO is None:
        sys.exit("benchmark listen: mosquitto was not found. Install it, or leave this benchmark out.")
    parser = argparse.ArgumentParser(prog="python -m benchmarks listen")
    parser.add_argument("--readings", type=int, default=READINGS)
    count = parser.parse_args(options).readings
    with tempfile.TemporaryDirectory() as name:
        broker, listeners = Broker(Path(name) / "broker"), Listeners()
        broker.start()
        try:
            yield from _measure(Path(name), broker, listeners, count)
        finally:
            listeners.end_all()
            broker.stop()


def _measure(folder: Path, broker: Broker, listeners: Listeners, count: int) -> Iterator[Figure]:
    source = {"host": "127.0.0.1", "port": broker.port, "topics": ["site/{plant}/#"]}
    project = make_project(folder / "project", flush_s=1, mqtt={"site": source})
    tags = [tag.tag for tag in read_tags(project.tags("fjord"), "fjord")]
    listener = listeners.start(project)
    begin = time.perf_counter()
    words = [str(one) for one in (broker.port, count, EACH, START_MS)]
    publisher = subprocess.Popen([sys.executable, "-c", PUBLISHER, *words, *tags])
    for restart in range(RESTARTS):
        wanted = count * (restart + 1) // (RESTARTS + 1)
        wait_for(partial(_is_there, project, wanted, restart + 1), what="readings", seconds=LONGEST_S)
        broker.stop()
        broker.start()
    publisher.wait(LONGEST_S)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)  # of the publisher and the broker's former lives
    wait_for(partial(_is_there, project, count, RESTARTS + 1), what="the last readings", seconds=LONGEST_S)
    wall_s = time.perf_counter() - begin
    listener.send_signal(signal.SIGTERM)
    if listener.wait(60) != 0:
        sys.exit(f"benchmark listen: the listener failed: {read_log(project)[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    yield from _compare(project, count, wall_s, cpu_s)


def _is_there(project: Project, readings: int, connections: int) -> bool:
    """Tell whether so many readings are written, and the listener has come back so often."""
    path = project.listen("fjord") / "status.json"
    is_written = path.exists() and json.loads(path.read_text(encoding="utf-8"))["readings"] >= readings
    return is_written and read_log(project).count('"connected"') >= connections


def _compare(project: Project, count: int, wall_s: float, cpu_s: float) -> Iterator[Figure]:
    table = read_files(project)
    distinct = table.group_by(["tag", "time"]).aggregate([]).num_rows
    case = f"{count:,} readings"
    yield Figure("listen", case, "lost", count - distinct, "readings")
    yield Figure("listen", case, "doubled", table.num_rows - distinct, "readings")
    yield Figure("listen", case, "disconnected", _count_losses(project), "times")
    yield Figure("listen", case, "rate", count / wall_s, "1/s")
    yield Figure("listen", case, "cpu", cpu_s, "s")


def _count_losses(project: Project) -> int:
    lines = [json.loads(line) for line in read_log(project).splitlines()]
    return sum(line["event"] == "disconnected" and line["level"] == "warning" for line in lines)
