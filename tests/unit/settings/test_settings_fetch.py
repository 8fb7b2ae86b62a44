"""Sources of a plant: what is refused, and that no password is repeated."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from elc.settings.faults import read_faults
from elc.settings.fetch import Sources
from elc.settings.section import Section

SQL = {"kind": "sql", "url": "postgresql://reader@h/d", "table": "readings"}
HTTP = {"kind": "http", "url": "https://h/{tag}?a={start}&b={end}"}
HUSH = "hush"


class Holder(Section):
    sources: Sources


def find_faults(*sources: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as error:
        Holder.model_validate({"sources": sources})
    return " ".join(read_faults(error.value, Holder))


@pytest.mark.parametrize(
    "source",
    [
        SQL | {"url": f"postgresql://reader:{HUSH}@h/d"},
        SQL | {"url": "postgresql://reader@h/d?password=hush"},
        HTTP | {"url": "https://h/{tag}?a={start}&b={end}&token=hush"},
        HTTP | {"headers": {"Authorization": "Bearer hush"}},
    ],
)
def test_a_secret_is_refused(source: dict[str, Any]) -> None:
    said = find_faults(source)
    assert "contains a password" in said or "holds a secret" in said
    assert "hush" not in said


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        (
            [{"kind": "ftp"}],
            "sources.0: found {'kind': 'ftp'}: kind must be one of http, ip21, opcua, pi, sitewise, sql.",
        ),
        ([SQL | {"tabel": "a"}], "sources.0.tabel: unknown key: did you mean table?"),
        ([SQL | {"query": "select 1"}], "give either table or query"),
        ([HTTP | {"url": "https://h/{tag}"}], "it must hold {tag}, {start} and {end}"),
        ([SQL | {"night_hours": [22, 24]}], "write the first hour and the hour that it ends at"),
        ([SQL | {"tags": "AREA1.{tg}"}], "it holds {tag} and no other place"),
        ([SQL, SQL], "two sources have one name"),
        ([SQL, HTTP], "two sources are asked for all tags"),
        ([SQL | {"tags": {"A": "a"}}, HTTP | {"tags": {"A": "b"}}], "two sources have the tag A"),
    ],
)
def test_what_is_wrong_is_named(sources: list[dict[str, Any]], said: str) -> None:
    assert said in find_faults(*sources)


def test_a_source_without_a_name_has_that_of_its_kind() -> None:
    named = Holder.model_validate({"sources": [SQL | {"tags": {"A": "a"}}, HTTP | {"name": "lab"}]})
    assert [source.name for source in named.sources] == ["sql", "lab"]
