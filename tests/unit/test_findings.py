"""Findings: doubts as a table in a fixed order, with times in UTC."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from elc import findings
from elc.errors import ElcError
from elc.findings import Finding, Kind


def build_finding(check: str, column: str, start: str, hours: float, **values: float) -> Finding:
    begin = pd.Timestamp(start)
    return Finding(Kind(check, "odd"), "fjord", column, begin, begin + pd.Timedelta(hours, "h"), values)


@pytest.fixture
def table() -> pd.DataFrame:
    return findings.build_frame(
        [
            build_finding("gap", "b_pct", "2024-06-02T00:00Z", 1, lowest=1.5, highest=9.0),
            build_finding("range", "b_pct", "2024-06-01T12:00+02:00", 3),
            build_finding("range", "a_pct", "2024-06-01T10:00Z", 2.5),
        ]
    )


def test_rows_stand_by_start_check_and_column(table: pd.DataFrame) -> None:
    assert list(table.columns) == findings.COLUMNS
    assert list(table["column"]) == ["a_pct", "b_pct", "b_pct"]
    assert list(table["check"]) == ["range", "range", "gap"]
    assert list(table.index) == [0, 1, 2]


def test_times_are_utc_and_hours_their_difference(table: pd.DataFrame) -> None:
    assert str(table["start"].dtype) == str(table["end"].dtype) == "datetime64[us, UTC]"
    assert table["start"][1] == pd.Timestamp("2024-06-01T10:00Z")
    assert table["end"][0] == pd.Timestamp("2024-06-01T12:30Z")
    assert list(table["hours"]) == [2.5, 3.0, 1.0]


def test_values_are_kept_as_json_in_one_order(table: pd.DataFrame) -> None:
    assert table["values"][2] == '{"highest": 9.0, "lowest": 1.5}'
    assert json.loads(table["values"][0]) == {}


def test_a_finding_has_the_values_that_its_sentence_needs() -> None:
    at = pd.Timestamp("2024-06-01T00:00Z")
    kind = Kind("gap", "odd", ("tag", "hours"))
    with pytest.raises(ValueError, match=r"^finding gap odd: is missing the values hours$"):
        Finding(kind, "fjord", "a_pct", at, at, {"tag": "AI-1"})
    assert Finding(kind, "fjord", "a_pct", at, at, {"tag": "AI-1", "hours": 3}).check == "gap"


def test_rows_are_findings_again(table: pd.DataFrame) -> None:
    listed = list(findings.list_findings(table))
    assert [(one.check, one.kind.name, one.column) for one in listed[:1]] == [("range", "odd", "a_pct")]
    assert listed[2].values == {"highest": 9.0, "lowest": 1.5}
    pd.testing.assert_frame_equal(findings.build_frame(listed), table)


def test_a_record_is_json_and_reads_back_the_same() -> None:
    finding = build_finding("gap", "b_pct", "2024-06-02T00:00Z", 1, lowest=1.5)
    record = json.loads(json.dumps(findings.build_record(finding)))
    assert findings.read_record(record) == finding


def test_no_finding_is_a_table_of_the_same_columns(table: pd.DataFrame) -> None:
    empty = findings.build_frame([])
    assert len(empty) == 0
    pd.testing.assert_series_equal(empty.dtypes, table.dtypes)


def test_joined_tables_are_one_in_order(table: pd.DataFrame) -> None:
    earlier = findings.build_frame([build_finding("gap", "c_pct", "2024-05-31T00:00Z", 4)])
    joined = findings.join(table, earlier)
    assert list(joined["column"]) == ["c_pct", "a_pct", "b_pct", "b_pct"]
    pd.testing.assert_frame_equal(findings.join(table, findings.build_frame([])), table)


def test_summary_counts_findings_and_hours_by_check_and_column() -> None:
    rows = [build_finding("gap", "a_pct", f"2024-06-0{day}T00:00Z", day) for day in (1, 2, 3)]
    summary = findings.summarise(findings.build_frame([*rows, build_finding("gap", "b_pct", "2024-06-01T00:00Z", 9)]))
    assert summary.to_dict("records") == [
        {"check": "gap", "column": "a_pct", "times": 3, "hours": 6.0},
        {"check": "gap", "column": "b_pct", "times": 1, "hours": 9.0},
    ]


def test_written_table_reads_back_the_same(table: pd.DataFrame, tmp_path: Path) -> None:
    findings.write_findings(tmp_path / "fjord" / "findings.parquet", table)
    pd.testing.assert_frame_equal(findings.read_findings(tmp_path / "fjord" / "findings.parquet"), table)


def build_former(table: pd.DataFrame) -> pd.DataFrame:
    """The table as a release wrote it that kept sentences."""
    said = table.assign(sentence=[f"Sentence {number}." for number in table.index]).drop(columns="kind")
    return said[["check", "sentence", "plant", "column", "start", "end", "hours", "values"]]


def test_a_table_with_sentences_keeps_them_as_values(table: pd.DataFrame, tmp_path: Path) -> None:
    build_former(table).to_parquet(tmp_path / "findings.parquet", index=False)
    for source in (tmp_path / "findings.parquet", (tmp_path / "findings.parquet").read_bytes()):
        found = findings.read_findings(source)
        assert set(found["kind"]) == {findings.WRITTEN}
        assert json.loads(found["values"][2]) == {"highest": 9.0, "lowest": 1.5, "sentence": "Sentence 2."}
        pd.testing.assert_frame_equal(found.drop(columns=["kind", "values"]), table.drop(columns=["kind", "values"]))
        pd.testing.assert_series_equal(found.dtypes, table.dtypes)


def test_an_empty_table_with_sentences_is_an_empty_one(table: pd.DataFrame, tmp_path: Path) -> None:
    build_former(table).iloc[:0].to_parquet(tmp_path / "findings.parquet", index=False)
    found = findings.read_findings(tmp_path / "findings.parquet")
    pd.testing.assert_frame_equal(found, findings.build_frame([]))


def test_another_table_is_refused_by_its_columns(table: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "findings.parquet"
    table.drop(columns="values").to_parquet(path, index=False)
    had = "has the columns check, kind, plant, column, start, end, hours, expected check, kind, .*, hours, values"
    with pytest.raises(ElcError, match=rf"^{re.escape(str(path))}: {had}\. Run again the stage that writes it\.$"):
        findings.read_findings(path)
    with pytest.raises(ElcError, match=rf"^findings\.parquet of the model package: {had}"):
        findings.read_findings(path.read_bytes())


def test_empty_table_reads_back_the_same(tmp_path: Path) -> None:
    empty = findings.build_frame([])
    findings.write_findings(tmp_path / "findings.parquet", empty)
    pd.testing.assert_frame_equal(findings.read_findings(tmp_path / "findings.parquet"), empty)


def test_finding_without_a_zone_is_refused() -> None:
    with pytest.raises(TypeError, match="tz-naive"):
        findings.build_frame([build_finding("gap", "a_pct", "2024-06-01T10:00", 1)])
