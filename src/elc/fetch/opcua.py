"""Readings from the history of an OPC UA server: raw values, node by node, page by page.

Source: OPC 10000-11, Historical Access, and OPC 10000-4, 5.11.3 HistoryRead.
"""

from __future__ import annotations

import contextlib
from collections.abc import Coroutine, Iterator, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any, TypeVar

from asyncua import ua
from asyncua.sync import ThreadLoop
from asyncua.ua.uaerrors import BadHistoryOperationUnsupported, UaStatusCodeError, UaStringParsingError

from elc.connect.opcua import GONE, build_client, read_quality
from elc.connect.reasons import explain_server, is_refused
from elc.fetch.pages import Page, TagFault, build_page
from elc.fetch.source import AwayError, RefusedError, SourceError, SourceTag
from elc.settings.fetch import OpcUaHistorySource

T = TypeVar("T")
UNKNOWN = {"BadNodeIdUnknown", "BadNodeIdInvalid"}
THEN = "run elc fetch again"


def open_source(settings: OpcUaHistorySource, where: str) -> OpcUaHistory:
    """Open a server; it is connected to when it is first asked."""
    return OpcUaHistory(settings, where)


class OpcUaHistory:
    """One OPC UA server; the connection lives in a thread, so that it stays while the caller pauses."""

    def __init__(self, settings: OpcUaHistorySource, where: str) -> None:
        self._settings, self._where = settings, where
        self._loop: Any = None
        self._client: Any = None

    def find(self, pattern: str) -> Iterator[SourceTag]:
        self._connect()
        seen: set[ua.NodeId] = set()
        waiting = [self._client.nodes.objects]
        while waiting:
            for node in self._run(waiting.pop().get_children()):
                if node.nodeid in seen or node.nodeid.NamespaceIndex == 0:
                    continue
                seen.add(node.nodeid)
                waiting.append(node)
                name = node.nodeid.to_string()
                if fnmatchcase(name, pattern) and self._run(node.read_node_class()) == ua.NodeClass.Variable:
                    yield self._run(_describe(node, name))

    def read(self, tags: Sequence[str], start: datetime, end: datetime) -> Iterator[Page]:
        self._connect()
        for tag in tags:
            yield from self._read_tag(tag, start, end)

    def close(self) -> None:
        if self._client is not None:
            with contextlib.suppress(Exception):  # it may be gone already
                self._loop.post(self._client.disconnect())
            self._client = None
        if self._loop is not None:
            self._loop.stop()
            self._loop = None

    def _connect(self) -> None:
        if self._client is not None:
            return
        if self._loop is None:
            self._loop = ThreadLoop()
            self._loop.start()
        self._client = self._run(self._open())

    async def _open(self) -> Any:
        client = await build_client(self._settings.url, self._settings.security, timeout_s=self._settings.timeout_s)
        await client.connect()
        return client

    def _read_tag(self, tag: str, start: datetime, end: datetime) -> Iterator[Page]:
        """Read the pages of a node, each from the point at which the server continues.

        A server that fills a page and names no such point has more, too: it is asked from the last reading on.
        """
        since, point, is_first = start, None, True
        while True:
            try:
                values, point = self._ask_history(tag, since, end, point)
                if is_first and not values and not point:
                    self._check_history(tag)
            except (UaStringParsingError, UaStatusCodeError) as error:
                yield build_page([], [], [], [], [self._read_fault(tag, error)])
                return
            yield _build_page(tag, values)
            if not point:
                last = _read_time(values[-1]) if len(values) >= self._settings.page_rows else None
                if last is None or last <= since:
                    return
                since = last
            is_first = False

    def _ask_history(self, tag: str, start: datetime, end: datetime, point: Any) -> tuple[Sequence[Any], Any]:
        details = ua.ReadRawModifiedDetails(
            IsReadModified=False,
            StartTime=start,
            EndTime=end,
            NumValuesPerNode=self._settings.page_rows,
            ReturnBounds=False,
        )
        result = self._run(self._client.get_node(self._name_node(tag)).history_read(details, point))
        result.StatusCode.check()
        following = result.ContinuationPoint
        values = result.HistoryData.DataValues if result.HistoryData is not None else []
        return values, None if following == point else following

    def _check_history(self, tag: str) -> None:
        """Check that a node without a reading is there and has a history; not every server says so by itself.

        Raises:
            UaStatusCodeError: it is not, or has none.
        """
        access = self._run(self._client.get_node(self._name_node(tag)).get_access_level())
        if ua.AccessLevel.HistoryRead not in access:
            raise BadHistoryOperationUnsupported

    def _name_node(self, tag: str) -> str:
        return tag if "=" in tag else f"ns={self._settings.namespace};s={tag}"

    def _read_fault(self, tag: str, error: Exception) -> TagFault:
        """Read why a node has no history here; where it is the connection that failed, this is raised."""
        name = type(error).__name__
        if name in GONE:
            raise self._explain(error)
        is_unknown = name in UNKNOWN or isinstance(error, UaStringParsingError)
        return TagFault(tag, "unknown" if is_unknown else "refused", example=f"{name}: {error}")

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something in the thread of the connection.

        Raises:
            UaStatusCodeError: the server refuses this one node.
            AwayError: it does not answer; it is connected to anew when it is next asked.
            RefusedError: it does not let this user in.
            SourceError: the certificate or its key cannot be used.
        """
        try:
            found: T = self._loop.post(work)
        except Exception as error:  # asyncua has no one class for what can go wrong
            is_of_node = isinstance(error, UaStatusCodeError) and type(error).__name__ not in GONE
            if self._client is not None and is_of_node:
                raise
            raise self._explain(error) from None
        return found

    def _explain(self, error: Exception) -> SourceError:
        self.close()
        sentence = f"{self._where}: {self._settings.url}: {explain_server(error, then=THEN)}."
        if is_refused(error):
            return RefusedError(sentence)
        if isinstance(error, FileNotFoundError | ValueError) or "No matching endpoints" in str(error):
            return SourceError(sentence)
        return AwayError(sentence)


def _build_page(tag: str, values: Sequence[Any]) -> Page:
    numbers = [None if data.Value is None else data.Value.Value for data in values]
    return build_page(
        [_read_time(data) for data in values], tag, numbers, [read_quality(data.StatusCode) for data in values]
    )


def _read_time(data: Any) -> datetime | None:
    """Read the time of the source, else of the server; asyncua gives times of UTC, with or without saying so."""
    moment: datetime | None = data.SourceTimestamp or data.ServerTimestamp
    return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)


async def _describe(node: Any, name: str) -> SourceTag:
    label = (await node.read_display_name()).Text or ""
    text = (await node.read_description()).Text or ""
    unit = ""
    for property_node in await node.get_properties():
        if (await property_node.read_browse_name()).Name == "EngineeringUnits":
            unit = getattr((await property_node.read_value()).DisplayName, "Text", "") or ""
    return SourceTag(name, unit, f"{label}: {text}" if text and text != label else label)
