"""The key sources of a plant: the historians and databases that its readings are asked for. No secret stands here."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Discriminator, Field, Tag, field_validator, model_validator

from elc.settings.alerts import Variable, find_url_fault
from elc.settings.listen import OPCUA_SECURITY, OPCUA_URL
from elc.settings.section import NotNegative, Positive, Qualities, Section, TimeZone

LOCAL = ("localhost", "127.0.0.1", "::1")
PLACE = re.compile(r"\{([^{}]*)\}")
SECRET_HEADER = re.compile(r"authorization|cookie|token|secret|key|password", re.IGNORECASE)


def find_password_fault(url: str) -> str:
    """Describe a password in a URL, without repeating it; empty where there is none."""
    try:
        has_password = urlsplit(url).password is not None
    except ValueError:
        return "it is not a URL"
    named = re.search(r"[?&;](password|pwd|passwd|token|api_?key)=[^&;{]", url, re.IGNORECASE)
    if not has_password and named is None:
        return ""
    return (
        "it contains a password. Change that password, for Git may hold it already; leave it out here, and give the "
        "new one as an environment variable or to the keyring (docs/fetch.md)"
    )


def _check_url(url: str) -> str:
    if fault := find_password_fault(url):
        raise ValueError(fault)
    return url


def _check_places(url: str) -> str:
    if set(PLACE.findall(url)) != {"tag", "start", "end"}:
        raise ValueError("it must hold {tag}, {start} and {end}, and no other place in braces")
    if not url.startswith(("https://", "http://")):
        raise ValueError("it is not an http or https URL")
    return url


def _check_http(url: str) -> str:
    if fault := find_password_fault(url) or find_url_fault(url):
        raise ValueError(fault)
    return url.rstrip("/")


def _check_name(name: str) -> str:
    if set(PLACE.findall(name)) != {"tag"}:
        raise ValueError("a text stands for every tag, so it holds {tag} and no other place, as in AREA1.{tag}")
    return name


def _check_hours(hours: list[int]) -> list[int]:
    if any(hour not in range(24) for hour in hours) or len(hours) != 2:
        raise ValueError("write the first hour and the hour that it ends at, as in [22, 5]")
    return hours


Url = Annotated[str, AfterValidator(_check_url)]
HttpUrl = Annotated[str, AfterValidator(_check_http)]
TagNames = dict[str, str] | Annotated[str, AfterValidator(_check_name)]
NightHours = Annotated[list[int], AfterValidator(_check_hours)]


class SourceSection(Section):
    """What every kind of source has.

    `tags` maps tags of the tag list to their names in the source, or is a text with {tag} for all of them; without it
    the names are the same. Of several sources of a plant all but one must map theirs, and that one is asked for the
    rest. Each run asks again for the last `late_h` before the newest reading. A long history is asked for in chunks of
    `chunk_h`, and only between the `night_hours` of the site where these are given. `since` is the first day (UTC).
    `secret` names the environment variable, or the entry of the keyring, that holds the password or token.
    """

    name: str = Field(default="", pattern=r"^[a-z0-9_]*$")
    tags: TagNames | None = None
    since: str = Field(default="", pattern=r"^(\d{4}-\d\d-\d\d)?$")
    late_h: NotNegative = 6.0
    chunk_h: Positive = 168.0
    batch_tags: int = Field(default=100, gt=0)
    requests_per_min: Positive | None = None
    night_hours: NightHours | None = None
    timeout_s: Positive = 60.0
    secret: Variable | None = None


class CodedSection(SourceSection):
    """A source whose qualities are words or codes of its own: what they mean, as in `export`."""

    quality_codes: Literal["opc_ua", "opc_da", "aveva", "aveva_detail", "percent", "flag"] | None = None
    quality: Qualities = Field(default_factory=dict)
    time_zone: TimeZone = "UTC"


class SqlSource(CodedSection):
    """A table or query of a database that Ibis reads, by its `url`.

    Either each row is a reading, of the tag in `tag_column`; or each column but the time is a tag (`is_wide`).
    `time_zone` is that of times without one. `tag_table` lists the tags, with their units and descriptions. Without
    `secret`, the password is ELC_SQL_PASSWORD.
    """

    kind: Literal["sql"]
    url: Url
    table: str | None = Field(default=None, min_length=1)
    query: str | None = Field(default=None, min_length=1)
    time_column: str = "time"
    tag_column: str = "tag"
    value_column: str = "value"
    quality_column: str | None = None
    is_wide: bool = False
    tag_table: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _check_table(self) -> Self:
        if (self.table is None) == (self.query is None):
            raise ValueError("give either table or query")
        return self


class HttpSource(CodedSection):
    """An interface of one's own: `url` holds {tag}, {start} and {end}; headers hold secrets as {NAME}.

    `time_form` is that of times, in the URL and in the answer. Of JSON, `rows` is the path to the readings, and `time`,
    `value` and `quality_path` are paths inside each, keys or places joined by dots; of CSV they name columns. `next` is
    the path to the URL of the next page, or link for the header Link. `list_url` lists the tags, and may hold
    {pattern}. `certificates` is a PEM file of authorities that are trusted beside those of the system.
    """

    kind: Literal["http"]
    url: Annotated[Url, AfterValidator(_check_places)]
    headers: dict[str, str] = Field(default_factory=dict)
    format: Literal["json", "csv"] = "json"
    time_form: Literal["iso", "unix_s", "unix_ms"] = "iso"
    rows: str = ""
    time: str = "time"
    value: str = "value"
    quality_path: str | None = None
    next: str | None = None
    list_url: Url | None = None
    certificates: str | None = None

    @field_validator("headers")
    @classmethod
    def _check_headers(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, text in headers.items():
            if SECRET_HEADER.search(name) and not PLACE.search(text):
                raise ValueError(
                    f"header {name} holds a secret; write the name of its environment variable, as in "
                    f'{name}: "Bearer {{ELC_API_TOKEN}}"'
                )
        return headers


class WebServer(Section):
    """A PI Web API or IP.21: `server` is the archive or data source behind the `url`.

    `auth` is how this machine signs in: `kerberos` with the ticket that it has, `ntlm` or `basic` with `user` and a
    password, which is the `secret`. `certificates` are the authorities that are trusted (PEM); without it, those of
    Python.
    """

    default_secret: ClassVar[str] = "ELC_PI_PASSWORD"

    secret: Variable | None = None

    url: HttpUrl
    server: str = Field(min_length=1)
    auth: Literal["kerberos", "ntlm", "basic"] = "kerberos"
    user: str = ""
    certificates: str | None = None

    @model_validator(mode="after")
    def _check_user(self) -> Self:
        if (self.auth == "kerberos") == bool(self.user):
            raise ValueError("user goes with ntlm or basic, and kerberos takes the ticket of this machine; match them")
        if self.auth == "basic" and self.url.startswith("http:") and urlsplit(self.url).hostname not in LOCAL:
            raise ValueError("basic would send the password unencrypted; write the url with https")
        return self


class PiSource(WebServer, SourceSection):
    """A PI Data Archive by PI Web API, whose `url` ends in /piwebapi; `page_rows` is of one tag in one request."""

    kind: Literal["pi"]
    page_rows: int = Field(default=10_000, gt=1)


class Ip21Source(WebServer, SourceSection):
    """An Aspen InfoPlus.21 by its web interface, whose `url` ends in AtProcessDataREST.dll; `page_rows` as for PI."""

    default_secret: ClassVar[str] = "ELC_IP21_PASSWORD"

    kind: Literal["ip21"]
    page_rows: int = Field(default=10_000, gt=1)


class SiteWiseSource(SourceSection):
    """AWS IoT SiteWise. Tags are aliases of properties, or `asset id/property id`.

    Keys come as boto3 finds them: from the environment, the `profile`, or the role of the machine. `url` is that of an
    endpoint of one's own network.
    """

    kind: Literal["sitewise"]
    region: str = Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")
    profile: str | None = None
    url: HttpUrl | None = None


class OpcUaHistorySource(SourceSection):
    """The history of an OPC UA server. User and password are ELC_OPCUA_USER and ELC_OPCUA_PASSWORD.

    A tag is a node id, as in `ns=2;s=FT101`, or else the node `ns=N;s=TAG` of the `namespace`. `security` is as in
    `listen.opcua`; `page_rows` is how many readings of a node one request may bring.
    """

    kind: Literal["opcua"]
    url: str = Field(pattern=OPCUA_URL)
    namespace: int = Field(default=2, ge=0)
    security: str | None = Field(default=None, pattern=OPCUA_SECURITY)
    page_rows: int = Field(default=10_000, gt=1)


def _find_kind(given: object) -> str:
    kind = given.get("kind") if isinstance(given, dict) else getattr(given, "kind", None)
    return f"[{kind}]"


KINDS = ("http", "ip21", "opcua", "pi", "sitewise", "sql")
SourceSettings = Annotated[
    Annotated[HttpSource, Tag("[http]")]
    | Annotated[Ip21Source, Tag("[ip21]")]
    | Annotated[OpcUaHistorySource, Tag("[opcua]")]
    | Annotated[PiSource, Tag("[pi]")]
    | Annotated[SiteWiseSource, Tag("[sitewise]")]
    | Annotated[SqlSource, Tag("[sql]")],
    Discriminator(_find_kind, custom_error_type="kind", custom_error_message=f"kind must be one of {', '.join(KINDS)}"),
]


def _name_sources(sources: list[SourceSettings]) -> list[SourceSettings]:
    """Name each source that has no name by its kind, and check that every tag has one source."""
    named = [source.model_copy(update={"name": source.name or source.kind}) for source in sources]
    names = [source.name for source in named]
    if len(set(names)) < len(names):
        raise ValueError("two sources have one name; give each a name of its own")
    if sum(not isinstance(source.tags, dict) for source in named) > 1:
        raise ValueError("two sources are asked for all tags; list under tags of one of them which tags it has")
    listed = [tag for source in named if isinstance(source.tags, dict) for tag in source.tags]
    if twice := sorted({tag for tag in listed if listed.count(tag) > 1}):
        raise ValueError(f"two sources have the tag {twice[0]}; leave it in one of them")
    return named


Sources = Annotated[list[SourceSettings], AfterValidator(_name_sources)]
