"""Readings from AWS IoT SiteWise: the histories of sixteen properties in one request, page by page.

Source: AWS IoT SiteWise API Reference, BatchGetAssetPropertyValueHistory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

import boto3
from botocore import exceptions as botocore_errors
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from elc.fetch.pages import BAD, Page, TagFault, build_page
from elc.fetch.source import AwayError, RefusedError, SourceError, SourceTag
from elc.settings.fetch import SiteWiseSource

TAGS_ASKED = 16  # the most that one request may name
MOST_READINGS = 20_000  # the most that one answer may hold
LISTED = 250
IDS = re.compile(r"^([0-9a-f-]{36})/([0-9a-f-]{36})$")
LATER = {"ThrottlingException", "ServiceUnavailableException", "InternalFailureException", "RequestTimeout"}
REFUSED = {"AccessDeniedException", "UnrecognizedClientException", "ExpiredTokenException", "InvalidSignatureException"}
FAULTS = {"AccessDeniedException": "refused"}


def open_source(settings: SiteWiseSource, where: str) -> SiteWise:
    """Open SiteWise in a region.

    Raises:
        SourceError: the profile or the region is not there.
    """
    try:
        session = boto3.Session(profile_name=settings.profile, region_name=settings.region)
        # The caller asks again, with pauses.
        config = Config(
            retries={"total_max_attempts": 1}, connect_timeout=settings.timeout_s, read_timeout=settings.timeout_s
        )
        client = session.client("iotsitewise", endpoint_url=settings.url, config=config)
    except BotoCoreError as error:
        raise SourceError(f"{where}: cannot be opened ({error}). Check profile and region of the source.") from None
    return SiteWise(client, where)


class SiteWise:
    """One region of SiteWise, by a client of boto3."""

    def __init__(self, client: Any, where: str) -> None:
        self._client, self._where = client, where

    def find(self, pattern: str) -> Iterator[SourceTag]:
        prefix = re.split(r"[*?\[]", pattern, maxsplit=1)[0]
        asked: dict[str, Any] = {"maxResults": LISTED} | ({"aliasPrefix": prefix} if prefix else {})
        for page in self._ask_pages("list_time_series", asked):
            for series in page["TimeSeriesSummaries"]:
                ids = f"{series.get('assetId', '')}/{series.get('propertyId', '')}"
                name = series.get("alias") or ids
                if fnmatchcase(name, pattern) and len(name) > 1:
                    yield self._describe(name, ids)

    def read(self, tags: Sequence[str], start: datetime, end: datetime) -> Iterator[Page]:
        for first in range(0, len(tags), TAGS_ASKED):
            asked = tags[first : first + TAGS_ASKED]
            # The start itself is not part of what it gives.
            period = {"startDate": start - timedelta(seconds=1), "endDate": end, "timeOrdering": "ASCENDING"}
            entries = [{"entryId": str(place), **_name(tag), **period} for place, tag in enumerate(asked)]
            request = {"entries": entries, "maxResults": MOST_READINGS}
            for answer in self._ask_pages("batch_get_asset_property_value_history", request):
                yield _build_page(answer, asked)

    def close(self) -> None:
        self._client.close()

    def _describe(self, name: str, ids: str) -> SourceTag:
        """Describe a property; a series that no asset has yet has neither unit nor description."""
        match = IDS.match(ids)
        if match is None:
            return SourceTag(name)
        answer = self._ask("describe_asset_property", {"assetId": match[1], "propertyId": match[2]})
        found = answer.get("assetProperty") or answer.get("compositeModel", {}).get("assetProperty", {})
        return SourceTag(name, found.get("unit", ""), f"{answer.get('assetName', '')} {found.get('name', '')}".strip())

    def _ask_pages(self, operation: str, request: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        token = None
        while True:
            answer = self._ask(operation, {**request, **({"nextToken": token} if token else {})})
            yield answer
            former, token = token, answer.get("nextToken")
            if not token:
                return
            if token == former:
                raise SourceError(
                    f"{self._where}: SiteWise gave the same page twice, expected the next one. Run elc fetch again."
                )

    def _ask(self, operation: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            answer: Mapping[str, Any] = getattr(self._client, operation)(**request)
        except ClientError as error:
            raise self._read_error(error) from None
        except NoCredentialsError:
            raise RefusedError(
                f"{self._where}: no keys of AWS were found, expected them in the environment, the profile or the role "
                "of this machine. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or profile in params.yaml."
            ) from None
        except (botocore_errors.ConnectionError, botocore_errors.HTTPClientError) as error:
            sentence = f"{self._where}: no answer ({error}). Check the network, and region of the source."
            raise AwayError(sentence) from None
        except BotoCoreError as error:
            raise SourceError(f"{self._where}: cannot be asked ({error}). Check the source in params.yaml.") from None
        return answer

    def _read_error(self, error: ClientError) -> SourceError:
        code, said = error.response["Error"].get("Code", ""), error.response["Error"].get("Message", "")
        answer = error.response.get("ResponseMetadata", {})
        status = int(answer.get("HTTPStatusCode", 0))
        found = f"{self._where}: SiteWise answered {code} ({said[:200]})"
        if code in LATER or status == 429 or status >= 500:
            after = str(answer.get("HTTPHeaders", {}).get("retry-after", ""))
            sentence = f"{found}, expected readings. It is asked again; if this lasts, set requests_per_min."
            return AwayError(sentence, retry_after_s=float(after) if after.isdigit() else None)
        if code in REFUSED or status in (401, 403):
            return RefusedError(
                f"{found}, expected that these keys may read. Allow iotsitewise:BatchGetAssetPropertyValueHistory, "
                "ListTimeSeries and DescribeAssetProperty."
            )
        return SourceError(f"{found}, expected readings. Check the tags and the source in params.yaml.")


def _name(tag: str) -> dict[str, str]:
    match = IDS.match(tag)
    return {"propertyAlias": tag} if match is None else {"assetId": match[1], "propertyId": match[2]}


def _build_page(answer: Mapping[str, Any], tags: Sequence[str]) -> Page:
    faults = [
        TagFault(tags[int(entry["entryId"])], FAULTS.get(entry["errorCode"], "unknown"), example=entry["errorMessage"])
        for entry in answer["errorEntries"]
    ]
    rows = [
        (tags[int(entry["entryId"])], value)
        for entry in answer["successEntries"]
        for value in entry["assetPropertyValueHistory"]
    ]
    times = [_read_time(value["timestamp"]) for _, value in rows]
    values = [next(iter(value["value"].values()), None) for _, value in rows]
    values = [None if isinstance(value, dict) else value for value in values]  # nullValue
    qualities = [value.get("quality", BAD) for _, value in rows]
    return build_page(times, [tag for tag, _ in rows], values, qualities, faults)


def _read_time(given: Mapping[str, int]) -> datetime:
    moment = datetime.fromtimestamp(given["timeInSeconds"], UTC)
    return moment.replace(microsecond=given.get("offsetInNanos", 0) // 1000)
