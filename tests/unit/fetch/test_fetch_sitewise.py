"""AWS IoT SiteWise by boto3, with answers of the documented shape that botocore checks against its service model."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber

from elc.errors import ElcError
from elc.fetch.sitewise import MOST_READINGS, SiteWise, open_source
from elc.fetch.source import AwayError, RefusedError, SourceError, SourceTag
from elc.settings.fetch import SiteWiseSource

WHERE = "plant fjord: source sitewise"
START = datetime(2026, 6, 20, tzinfo=UTC)
END = START + timedelta(days=1)
FIRST_S = int(START.timestamp())
OPERATION = "batch_get_asset_property_value_history"
ASSET, PROPERTY = "a" * 8 + "-1111-2222-3333-" + "a" * 12, "b" * 8 + "-1111-2222-3333-" + "b" * 12


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "none")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none")
    return boto3.client("iotsitewise", region_name="eu-west-1", config=Config(retries={"total_max_attempts": 1}))


@pytest.fixture
def stub(client: Any) -> Iterator[Stubber]:
    with Stubber(client) as made:
        yield made
        made.assert_no_pending_responses()


def build_value(seconds: float, value: dict[str, Any], quality: str = "GOOD") -> dict[str, Any]:
    offset = round(seconds % 1 * 1e9)
    return {
        "value": value,
        "timestamp": {"timeInSeconds": FIRST_S + int(seconds), "offsetInNanos": offset},
        "quality": quality,
    }


def build_answer(
    values: dict[int, list[dict[str, Any]]], *, errors: dict[int, tuple[str, str]] | None = None, following: str = ""
) -> dict[str, Any]:
    entries = [{"entryId": str(place), "assetPropertyValueHistory": listed} for place, listed in values.items()]
    given = (errors or {}).items()
    faults = [{"entryId": str(place), "errorCode": code, "errorMessage": said} for place, (code, said) in given]
    answer = {"successEntries": entries, "errorEntries": faults, "skippedEntries": []}
    return {**answer, "nextToken": following} if following else answer


def read(client: Any, *tags: str) -> tuple[list[tuple[Any, ...]], list[tuple[str, str, str]]]:
    pages = list(SiteWise(client, WHERE).read(tags, START, END))
    rows = [row for page in pages for row in page.readings.to_pylist()]
    shown = [(row["tag"], (row["time"] - START).total_seconds(), row["value"], row["quality"]) for row in rows]
    return shown, [(fault.tag, fault.kind, fault.example) for page in pages for fault in page.faults]


def test_values_of_every_type_keep_time_and_quality(client: Any, stub: Stubber) -> None:
    values = [
        build_value(0.25, {"doubleValue": 1.5}),
        build_value(1, {"integerValue": 2}, "UNCERTAIN"),
        build_value(2, {"booleanValue": True}),
        build_value(3, {"stringValue": "4.5"}, "BAD"),
        build_value(4, {"stringValue": "RUNNING"}),
        build_value(5, {"nullValue": {"valueType": "D"}}, "BAD"),
    ]
    stub.add_response(OPERATION, build_answer({0: values}))
    rows, faults = read(client, "/fjord/ft101")
    assert [(second, value, quality) for _, second, value, quality in rows] == [
        (0.25, 1.5, "GOOD"),
        (1.0, 2.0, "UNCERTAIN"),
        (2.0, 1.0, "GOOD"),
        (3.0, 4.5, "BAD"),
        (4.0, None, "BAD"),
        (5.0, None, "BAD"),
    ]
    assert faults == [("/fjord/ft101", "text", "RUNNING")]


def test_pages_are_asked_for_by_their_token(client: Any, stub: Stubber) -> None:
    period = {"startDate": START - timedelta(seconds=1), "endDate": END, "timeOrdering": "ASCENDING"}
    named = [{"propertyAlias": "/fjord/ft101"}, {"assetId": ASSET, "propertyId": PROPERTY}]
    entries = [{"entryId": str(place), **name, **period} for place, name in enumerate(named)]
    request = {"entries": entries, "maxResults": MOST_READINGS}
    first = build_answer({0: [build_value(1, {"doubleValue": 1.0})]}, following="next")
    last = build_answer({0: [build_value(1, {"doubleValue": 1.0})], 1: [build_value(2, {"doubleValue": 2.0})]})
    last["skippedEntries"] = [{"entryId": "0", "completionStatus": "SUCCESS"}]
    stub.add_response(OPERATION, first, request)
    stub.add_response(OPERATION, last, {**request, "nextToken": "next"})
    rows, _ = read(client, "/fjord/ft101", f"{ASSET}/{PROPERTY}")
    assert [(row[0], row[2]) for row in rows] == [
        ("/fjord/ft101", 1.0),
        ("/fjord/ft101", 1.0),
        (f"{ASSET}/{PROPERTY}", 2.0),
    ]


def test_a_page_that_comes_for_ever_ends(client: Any, stub: Stubber) -> None:
    for _ in range(2):
        stub.add_response(OPERATION, build_answer({}, following="same"))
    with pytest.raises(SourceError, match="gave the same page twice"):
        read(client, "/fjord/ft101")


def test_sixteen_tags_go_in_one_request(client: Any, stub: Stubber) -> None:
    tags = [f"/fjord/{place}" for place in range(18)]
    for _ in range(2):
        stub.add_response(OPERATION, build_answer({0: [build_value(1, {"doubleValue": 1.0})]}))
    rows, _ = read(client, *tags)
    assert [row[0] for row in rows] == ["/fjord/0", "/fjord/16"]


def test_tags_that_are_not_there_or_refused_stop_no_others(client: Any, stub: Stubber) -> None:
    errors = {0: ("ResourceNotFoundException", "renamed"), 1: ("AccessDeniedException", "not yours")}
    stub.add_response(OPERATION, build_answer({2: [build_value(1, {"doubleValue": 1.0})]}, errors=errors))
    rows, faults = read(client, "/a", "/b", "/c")
    assert [row[0] for row in rows] == ["/c"]
    assert faults == [("/a", "unknown", "renamed"), ("/b", "refused", "not yours")]


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("ThrottlingException", 429, AwayError),
        ("InternalFailureException", 500, AwayError),
        ("ServiceUnavailableException", 503, AwayError),
        ("AccessDeniedException", 403, RefusedError),
        ("ExpiredTokenException", 403, RefusedError),
        ("InvalidRequestException", 400, SourceError),
    ],
)
def test_what_aws_answers_is_told(client: Any, stub: Stubber, code: str, status: int, error: type[ElcError]) -> None:
    stub.add_response(OPERATION, build_answer({}, following="next"))  # it comes in mid page
    meta = {"HTTPHeaders": {"retry-after": "7"}}
    stub.add_client_error(OPERATION, code, "said so", status, response_meta=meta)
    with pytest.raises(error, match=rf"^{WHERE}: SiteWise answered {code} \(said so\), expected ") as caught:
        read(client, "/fjord/ft101")
    assert type(caught.value) is error
    assert getattr(caught.value, "retry_after_s", 7.0) == 7.0
    assert not isinstance(caught.value, ClientError)


def test_no_keys_and_no_network_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    content = {"kind": "sitewise", "region": "eu-west-1", "url": "http://127.0.0.1:9", "timeout_s": 2}
    source = open_source(SiteWiseSource.model_validate(content), WHERE)
    with pytest.raises(RefusedError, match="no keys of AWS were found"):
        list(source.read(["/a"], START, END))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "none")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none")
    source = open_source(SiteWiseSource.model_validate(content), WHERE)
    with pytest.raises(AwayError, match=r"no answer .*Check the network"):
        list(source.read(["/a"], START, END))
    source.close()
    with pytest.raises(SourceError, match=r"cannot be opened .*Check profile"):
        open_source(SiteWiseSource.model_validate({**content, "profile": "nobody"}), WHERE)


def test_properties_are_listed_with_unit_and_description(client: Any, stub: Stubber) -> None:
    common = {
        "timeSeriesId": ASSET,
        "dataType": "DOUBLE",
        "timeSeriesCreationDate": START,
        "timeSeriesLastUpdateDate": START,
        "timeSeriesArn": "arn:aws:iotsitewise:eu-west-1:1:time-series/t",
    }
    series = [{**common, "alias": "/fjord/ft101", "assetId": ASSET, "propertyId": PROPERTY}]
    series += [{**common, "alias": "/fjord/ft102"}, {**common, "alias": "/fjord/pt1"}]
    stub.add_response(
        "list_time_series", {"TimeSeriesSummaries": series}, {"maxResults": ANY, "aliasPrefix": "/fjord/ft"}
    )
    described = {"id": PROPERTY, "name": "feed", "dataType": "DOUBLE", "unit": "t/h"}
    answer = {"assetId": ASSET, "assetName": "Reformer", "assetModelId": ASSET, "assetProperty": described}
    stub.add_response("describe_asset_property", answer, {"assetId": ASSET, "propertyId": PROPERTY})
    found = list(SiteWise(client, WHERE).find("/fjord/ft*"))
    assert found == [SourceTag("/fjord/ft101", "t/h", "Reformer feed"), SourceTag("/fjord/ft102")]
