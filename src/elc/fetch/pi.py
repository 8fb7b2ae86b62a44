"""Readings from PI Web API: recorded values with digital states and quality, of many tags in one request.

Source: PI Web API Reference, docs.aveva.com: Point GetMultiple, StreamSet GetRecordedAdHoc, Stream GetRecorded,
DataServer GetPoints, Error Handling.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from tagreader.utils import urljoin
from tagreader.web_handlers import PIHandlerWeb

from elc.fetch.handlers import build_auth, fetch, limit_time
from elc.fetch.pages import BAD, GOOD, UNCERTAIN, Page, TagFault, build_page
from elc.fetch.source import AwayError, SourceError, SourceTag
from elc.settings.fetch import PiSource, WebServer

TAGS_ASKED = 20  # in one request: its URL stays below 4,000 characters
MOST_READINGS = 100_000  # in one page
LISTED = 1000  # tags in one request, which is the most that the server gives
FIELDS = ("Timestamp", "Value", "Good", "Questionable", "Errors")
Item = Mapping[str, Any]


def open_source(settings: PiSource, where: str) -> PiHistorian:
    """Open a PI Web API; nothing is asked yet."""
    return PiHistorian(settings, where)


class PiHistorian:
    """One PI Data Archive behind PI Web API."""

    def __init__(self, settings: PiSource, where: str) -> None:
        self._settings, self._where = settings, where
        self._handler = open_handler(settings, where, timeout_s=settings.timeout_s)
        self._ids: dict[str, str] = {}

    def find(self, pattern: str) -> Iterator[SourceTag]:
        server = self._ask("dataservers", {"name": self._settings.server, "selectedFields": "WebId"})
        start = 0
        while True:
            params = {"nameFilter": pattern, "startIndex": start, "maxCount": LISTED}
            items = self._read_items(self._ask(f"dataservers/{server['WebId']}/points", params))
            for item in items:
                yield SourceTag(item["Name"], item.get("EngineeringUnits") or "", item.get("Descriptor") or "")
            start += len(items)
            if len(items) < LISTED:
                return

    def read(self, tags: Sequence[str], start: datetime, end: datetime) -> Iterator[Page]:
        for first in range(0, len(tags), TAGS_ASKED):
            asked = tags[first : first + TAGS_ASKED]
            yield from self._find_ids([tag for tag in asked if tag not in self._ids])
            found_tags = [tag for tag in asked if tag in self._ids]
            if found_tags:
                yield from self._read_known(found_tags, start, end)

    def close(self) -> None:
        self._handler.session.close()

    def _find_ids(self, tags: Sequence[str]) -> Iterator[Page]:
        """Find the ids of tags by their paths; one that is not there is a fault."""
        if tags:
            ids, faults = find_ids(self._handler, self._settings, tags, self._where)
            self._ids |= ids
            yield build_page([], [], [], [], faults)

    def _read_known(self, tags: Sequence[str], start: datetime, end: datetime) -> Iterator[Page]:
        """Read one page of many tags, then the others of those that have more."""
        most = max(1, min(self._settings.page_rows, MOST_READINGS // len(tags)))
        by_id = {self._ids[tag]: tag for tag in tags}
        fields = ["WebException", "Items.WebId", "Items.Errors", *(f"Items.Items.{name}" for name in FIELDS)]
        params = self._build_period(start.isoformat(), end, most, fields)
        streams = self._read_items(self._ask("streamsets/recorded", {"webId": list(by_id), **params}))
        named = [(by_id[stream["WebId"]], stream) for stream in streams if stream.get("WebId") in by_id]
        faults = [TagFault(tag, "refused", example=str(one["Errors"])) for tag, one in named if one.get("Errors")]
        answered = [(tag, self._read_values(one)) for tag, one in named if not one.get("Errors")]
        yield self._build_page(answered, faults)
        for tag, items in answered:
            if len(items) >= most:
                yield from self._read_on(tag, str(items[-1]["Timestamp"]), end)

    def _read_on(self, tag: str, since: str, end: datetime) -> Iterator[Page]:
        """Read the pages of a tag from the time of the last reading of the page before."""
        most = self._settings.page_rows
        fields = ["WebException", *(f"Items.{name}" for name in FIELDS)]
        while True:
            params = self._build_period(since, end, most, fields)
            items = self._read_values(self._ask(f"streams/{self._ids[tag]}/recorded", params))
            yield self._build_page([(tag, items)])
            if len(items) < most:
                return
            if items[-1]["Timestamp"] == since:
                raise SourceError(
                    f"{self._where}: tag {tag} has {most:,} readings or more at {since}, expected fewer in one page. "
                    "Raise page_rows."
                )
            since = items[-1]["Timestamp"]

    def _build_period(self, since: str, end: datetime, most: int, fields: Sequence[str]) -> dict[str, Any]:
        return {
            "startTime": since,
            "endTime": end.isoformat(),
            "boundaryType": "Inside",
            "maxCount": most,
            "selectedFields": ";".join(fields),
        }

    def _build_page(self, answered: Sequence[tuple[str, Sequence[Item]]], faults: Sequence[TagFault] = ()) -> Page:
        rows = [(item, tag) for tag, items in answered for item in items]
        read = [_read_value(item) for item, _ in rows]
        times = [item["Timestamp"] for item, _ in rows]
        tags = [tag for _, tag in rows]
        return build_page(times, tags, [value for value, _ in read], [quality for _, quality in read], faults)

    def _ask(self, path: str, params: Mapping[str, Any]) -> Any:
        answer = fetch(self._handler, urljoin(self._settings.url, path), params, where=self._where)
        if isinstance(answer, dict) and answer.get("WebException"):
            self._raise_half(answer["WebException"])
        return answer

    def _read_items(self, answer: Any) -> Sequence[Item]:
        return read_items(answer, self._where)

    def _read_values(self, stream: Any) -> Sequence[Item]:
        """Read the values of a stream.

        Raises:
            AwayError: the server says of one that it failed while it read.
        """
        items = self._read_items(stream)
        broken = next((item["Errors"] for item in items if item.get("Errors")), None)
        if broken:
            self._raise_half(broken)
        return items

    def _raise_half(self, said: object) -> None:
        raise AwayError(
            f"{self._where}: the answer ends in an error ({str(said)[:200]}), expected whole pages. It is asked again; "
            "if this lasts, ask who runs it."
        )


def open_handler(settings: WebServer, where: str, *, timeout_s: float) -> Any:
    """Open a handler of tagreader for a PI Web API.

    Raises:
        RefusedError: there is no password.
    """
    handler = PIHandlerWeb(
        datasource=settings.server,
        url=settings.url,
        auth=build_auth(settings, where),
        verify_ssl=settings.certificates or True,
        options={},
        cache=None,
    )
    limit_time(handler, timeout_s)
    return handler


def find_ids(
    handler: Any, settings: WebServer, tags: Sequence[str], where: str
) -> tuple[dict[str, str], list[TagFault]]:
    """Find the ids of tags by their paths, and which tags are not there.

    Raises:
        SourceError: the server does not answer, or not as it should.
    """
    paths = {rf"\\{settings.server}\{tag}": tag for tag in tags}
    fields = "Items.Identifier;Items.Object.WebId;Items.Exception"
    asked = {"path": list(paths), "selectedFields": fields}
    answer = fetch(handler, urljoin(settings.url, "points/multiple"), asked, where=where)
    ids, faults = {}, []
    for item in read_items(answer, where):
        tag, point = paths.get(item.get("Identifier", "")), item.get("Object")
        if tag is not None and point:
            ids[tag] = str(point["WebId"])
        elif tag is not None:
            said = (item.get("Exception") or {}).get("Errors") or [""]
            faults.append(TagFault(tag, "unknown", example=str(said[0])))
    return ids, faults


def read_items(answer: Any, where: str) -> Sequence[Item]:
    """Read the items of an answer.

    Raises:
        SourceError: there are none where they are expected.
    """
    items = answer.get("Items", []) if isinstance(answer, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise SourceError(
            f"{where}: the answer holds no list of Items, expected one as PI Web API gives it. Check its url in "
            "params.yaml."
        )
    return items


def _read_value(item: Item) -> tuple[object, str]:
    """Read value and quality: the number of a digital state; a state of the system, such as No Data, has none."""
    value = item.get("Value")
    if isinstance(value, dict):
        value = None if value.get("IsSystem") else value.get("Value")
    if value is None or not item.get("Good", True):
        return value, BAD
    return value, UNCERTAIN if item.get("Questionable") else GOOD
