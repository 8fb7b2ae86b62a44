"""A real OPC UA server with history, in this process: it can be stopped, and remembers its readings over that."""

from __future__ import annotations

import logging
import socket
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from asyncua import Server, ua
from asyncua.server.history import HistoryDict
from asyncua.sync import ThreadLoop


def build_value(moment: datetime, value: object, code: int = ua.StatusCodes.Good) -> ua.DataValue:
    """Build a stored value."""
    return ua.DataValue(ua.Variant(value), ua.StatusCode(code), SourceTimestamp=moment, ServerTimestamp=moment)


class HistoryServer:
    """A server with the history of each tag, of which one that has none is a node alone; its unit is t/h."""

    def __init__(self, tags: Mapping[str, Sequence[ua.DataValue] | None], names: Mapping[str, str]) -> None:
        logging.getLogger("asyncua").setLevel(logging.CRITICAL + 1)
        with socket.socket() as made:
            made.bind(("127.0.0.1", 0))
            self.url = f"opc.tcp://127.0.0.1:{made.getsockname()[1]}/plant"
        self.values = {tag: list(values) for tag, values in tags.items() if values is not None}
        self._tags, self._names, self._nodes = list(tags), names, dict[str, ua.NodeId]()
        self.storage = HistoryDict()
        self.server: Any = None
        self._loop = ThreadLoop()
        self._loop.start()
        self.start()

    def start(self) -> None:
        """Start it, with what it remembers."""
        self.server = self._loop.post(self._start())

    def stop(self) -> None:
        """Stop it, if it runs."""
        if self.server is not None:
            self._loop.post(self.server.stop())
            self.server = None

    def close(self) -> None:
        """Stop it for good."""
        self.stop()
        self._loop.stop()

    def add(self, tag: str, *values: ua.DataValue) -> None:
        """Add values, in their place by time."""
        self.values[tag] = sorted([*self.values[tag], *values], key=lambda value: value.SourceTimestamp)
        if self.server is not None:
            self._loop.post(self._store(tag))

    async def _start(self) -> Server:
        server = Server()
        self.storage = HistoryDict()
        server.iserver.history_manager.set_storage(self.storage)
        await server.init()
        server.set_endpoint(self.url)
        server.set_security_policy([ua.SecurityPolicyType.NoSecurity])
        space = await server.register_namespace("urn:plant")
        unit = ua.EUInformation(DisplayName=ua.LocalizedText("t/h"))
        nodes = {}
        for tag in self._tags:
            nodes[tag] = await server.nodes.objects.add_variable(ua.NodeId(tag, space), self._names.get(tag, tag), 1.0)
            self._nodes[tag] = nodes[tag].nodeid
        await server.start()
        for tag in self.values:
            await nodes[tag].add_property(0, "EngineeringUnits", unit)
            await server.historize_node_data_change(nodes[tag], period=None, count=0)
            await self._store(tag)
        return server

    async def _store(self, tag: str) -> None:
        stored = self.storage._datachanges[self._nodes[tag]]
        stored.clear()  # what the node had when it was made is no reading
        stored.extend(self.values[tag])
