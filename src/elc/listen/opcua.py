"""Readings from an OPC UA server: all nodes are read every few seconds, each with the time and status of the server.

What was missed while the server or this process was gone is read from the server's history, where it offers one. Where
it does not, the tags are bad from the last reading on, so that nothing is held over the gap.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from elc.connect.opcua import GONE, build_client
from elc.connect.reasons import explain_server
from elc.listen.intake import Intake
from elc.listen.log import write_log
from elc.listen.model import BAD, EPOCH, Delivery, Reading, Reject, Rejects, build_reject, now_us
from elc.listen.opcua_form import build_reading, read_looks, read_time
from elc.listen.outage import Outage
from elc.settings import OpcUaSource

LONGEST_DELAY_S = 30
MICROS = 1_000_000


@dataclass(frozen=True)
class SeenValue:
    """What was last seen of a tag, and when it was last passed on (s of a clock that never jumps)."""

    content: tuple[int, float | None, str]
    passed_s: float


class OpcUaListener:
    """One OPC UA server, read in a thread of its own."""

    def __init__(
        self, name: str, settings: OpcUaSource, intake: Intake, *, tags: Sequence[str], state: Mapping[str, Any] | None
    ) -> None:
        self.name, self._settings, self._intake = name, settings, intake
        self.plants = (settings.plant,)
        self.outage = Outage(name)
        self._nodes = settings.nodes or {tag: f"ns={settings.namespace};s={tag}" for tag in tags}
        self._looked_us, self._last = read_looks(state or {})
        self._seen: dict[str, SeenValue] = {}
        self._loop = asyncio.new_event_loop()
        self._stopped = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name=f"opcua-{name}", daemon=True)

    def start(self) -> None:
        """Connect, and go on trying for as long as it takes."""
        logging.getLogger("asyncua").setLevel(logging.CRITICAL + 1)  # our own log lines report the same
        self._thread.start()

    def stop(self) -> None:
        """End the connection."""
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._go_on())
        finally:
            self._loop.close()

    async def _go_on(self) -> None:
        """Connect again and again, with growing pauses, until stopped."""
        delay_s = 1.0
        while not self._stopped.is_set():
            try:
                await self._talk()
            except Exception as error:  # whatever the server or the network does, it is logged and tried again
                delay_s = delay_s if self.outage.since else 1.0
                self.outage.begin(f"{self._settings.url}: {explain_server(error, then='restart elc listen')}")
                await self._pause(delay_s)
                delay_s = min(2 * delay_s, LONGEST_DELAY_S)

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopped.wait(), seconds)
        except TimeoutError:
            return

    async def _talk(self) -> None:
        client = await build_client(self._settings.url, self._settings.security)
        async with client:
            self.outage.end()
            write_log("info", "connected", source=self.name, nodes=len(self._nodes))
            nodes = {tag: client.get_node(place) for tag, place in self._nodes.items()}
            await self._catch_up(nodes)
            while not self._stopped.is_set():
                await self._look(client, nodes)
                await self._pause(self._settings.interval_s)

    async def _look(self, client: Any, nodes: Mapping[str, Any]) -> None:
        """Read all nodes at once, and pass on what has changed or was last passed on long ago."""
        values = await client.read_attributes(list(nodes.values()))
        now, steady_s = now_us(), time.monotonic()
        readings: list[Reading] = []
        rejects: list[Reject] = []
        for tag, data in zip(nodes, values, strict=True):
            try:
                reading = build_reading(tag, data, now)
            except ValueError as fault:
                rejects += [] if tag in self._seen else [build_reject(self._settings.url, str(fault), data, tag=tag)]
                reading = Reading(tag, now, None, BAD)
            seen = self._seen.get(tag)
            content = (read_time(data, 0), reading.value, reading.quality)
            if seen is not None and seen.content == content:
                if steady_s - seen.passed_s < self._settings.repeat_min * 60:
                    continue
                reading = reading._replace(time_us=now)  # the server reports that it is still valid
            self._seen[tag] = SeenValue(content, steady_s)
            readings.append(reading)
        self._looked_us = now
        self._pass_on(readings, rejects)

    def _pass_on(self, readings: Sequence[Reading], rejects: Sequence[Reject] = ()) -> None:
        for reading in readings:
            self._last[reading.tag] = max(reading.time_us, self._last.get(reading.tag, 0))
        state = {"looked_us": self._looked_us, "last": dict(self._last)}
        self._intake.put(
            Delivery(self._settings.plant, tuple(readings), tuple(rejects), None, lambda: state, self.name)
        )

    async def _catch_up(self, nodes: Mapping[str, Any]) -> None:
        """Read what was missed from the server's history; a tag without any is bad from its last reading on."""
        now = now_us()
        if not self._looked_us or now - self._looked_us < 2 * self._settings.interval_s * MICROS:
            return
        without = []
        for tag, node in nodes.items():
            if tag not in self._last:
                continue
            missed = await self._read_history(node, self._last[tag], now)
            if missed is None:
                without.append(tag)
                self._pass_on([Reading(tag, max(self._last[tag], self._looked_us) + 1, None, BAD)])
            else:
                late = [data for data in missed if self._last[tag] < read_time(data, 0) <= now]
                self._pass_on(*self._read_all(tag, late))
        since = (EPOCH + timedelta(microseconds=self._looked_us)).isoformat(timespec="seconds")
        if without:
            write_log("warning", "no_history", source=self.name, since=since, tags=len(without), example=without[0])
        else:
            write_log("info", "caught_up", source=self.name, since=since)

    def _read_all(self, tag: str, values: Sequence[Any]) -> tuple[list[Reading], tuple[Reject, ...]]:
        readings: list[Reading] = []
        rejects = Rejects(self._settings.url)
        for data in values:
            try:
                readings.append(build_reading(tag, data, read_time(data, 0)))
            except ValueError as fault:
                rejects.add(str(fault), data, tag=tag)
        return readings, rejects.build()

    async def _read_history(self, node: Any, since_us: int, now: int) -> list[Any] | None:
        """Read the history of a node after a moment; None where the server offers none."""
        from asyncua.ua import AccessLevel, uaerrors

        start, end = (EPOCH + timedelta(microseconds=at) for at in (since_us + 1, now))
        try:
            if AccessLevel.HistoryRead not in await node.get_access_level():
                return None
            values: list[Any] = await node.read_raw_history(start, end, return_bounds=False)
        except uaerrors.UaStatusCodeError as error:
            if type(error).__name__ in GONE:
                raise
            return None
        return values
