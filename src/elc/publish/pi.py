"""Hours in PI: each name that has a tag is one value at the start of its hour, which replaces the one before.

Source: PI Web API Reference, docs.aveva.com: StreamSet UpdateValuesAdHoc, Update Option.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import requests

from elc.fetch.source import SourceError
from elc.publish.hours import Hour
from elc.publish.target import UnwrittenError
from elc.settings import PiTarget

BAD_REQUEST = 400
MOST_VALUES = 5000  # of one tag in one request


class PiWriter:
    """One PI Data Archive behind PI Web API. A value that an hour no longer has is removed."""

    def __init__(self, name: str, settings: PiTarget, *, timeout_s: float) -> None:
        self._settings, self._timeout_s, self._where = settings, timeout_s, f"publish.pi.{name}"
        self.place = f"{settings.url} {settings.server}"
        self._ids: dict[str, str] = {}

    def write(self, hours: Sequence[Hour], *, newest: Hour) -> None:  # noqa: ARG002
        try:
            for part in (hours[first : first + MOST_VALUES] for first in range(0, len(hours), MOST_VALUES)):
                for option, streams in self._build_requests(part):
                    self._post(option, streams)
        except SourceError as error:
            raise UnwrittenError(str(error)) from None

    def _build_requests(self, hours: Sequence[Hour]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        tags = self._settings.tags.get(hours[0].plant, {})
        if not tags:
            return
        ids = self._find_ids(list(tags.values()))
        for option, is_written in (("Replace", True), ("Remove", False)):
            streams = [
                {"WebId": ids[tag], "Items": items}
                for name, tag in tags.items()
                if (items := _build_items(hours, name, is_written=is_written))
            ]
            if streams:
                yield option, streams

    def _find_ids(self, tags: Sequence[str]) -> dict[str, str]:
        from elc.fetch.pi import find_ids

        wanted = [tag for tag in tags if tag not in self._ids]
        if wanted:
            found, faults = find_ids(self._open(), self._settings, wanted, self._where)
            self._ids |= found
            if faults:
                missing = ", ".join(sorted(fault.tag for fault in faults))
                raise UnwrittenError(
                    f"{self._where}: {missing}: not found in {self._settings.server}. Make these tags there, or "
                    "correct publish.pi in params.yaml."
                )
        return self._ids

    def _open(self) -> Any:
        from elc.fetch.pi import open_handler

        return open_handler(self._settings, self._where, timeout_s=self._timeout_s)

    def _post(self, option: str, streams: Sequence[dict[str, Any]]) -> None:
        from elc.fetch.answers import check_answer
        from elc.fetch.handlers import read_errors

        url = f"{self._settings.url}/streamsets/recorded"
        try:
            # Without this header PI Web API refuses to write, against requests that other pages forge.
            headers = {"X-Requested-With": "elc"}
            params = {"updateOption": option}
            answer = self._open().session.post(url, params=params, json=streams, headers=headers)
        except requests.RequestException as error:
            raise UnwrittenError(f"{self._where}: no answer ({error}).") from None
        check_answer(answer.status_code, answer.headers, read_errors(answer), self._where)
        if answer.status_code == requests.codes.multi_status:
            self._check_parts(answer)

    def _check_parts(self, answer: requests.Response) -> None:
        """Check the answer to many values, of which each has a status of its own."""
        try:
            parts = answer.json().get("Items", [])
        except (ValueError, AttributeError):
            parts = []
        bad = [part for part in parts if int(part.get("Substatus", 500)) >= BAD_REQUEST]
        if bad or not parts:
            raise UnwrittenError(
                f"{self._where}: some values were refused ({str(bad)[:200]}). Allow this user to write these tags."
            )


def _build_items(hours: Sequence[Hour], name: str, *, is_written: bool) -> list[dict[str, Any]]:
    """Build the values of a name that are written, or those that must not be there."""
    return [
        {"Timestamp": hour.start.isoformat(), "Value": hour.values.get(name) or 0.0}
        for hour in hours
        if (hour.values.get(name) is not None) == is_written
    ]
