"""Records: written as they were read, and what is none is told in the same way of each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel, ValidationError

from elc.errors import ElcError
from elc.records import Kept, RecordError, append_record, format_record, read_lines, read_record, write_record
from elc.records.__main__ import build_files, build_schema
from elc.records.alerts import Alert, Alerts, Told, read_alerts, write_alerts
from elc.records.failure import Failure
from elc.records.files import FILES, File
from elc.records.status import Status
from tests.unit.records.examples import ALERT, EXAMPLES, STATUS, TOLD

CURE = "Run it again."
KINDS = [pytest.param(kind, id=kind.__name__) for kind in EXAMPLES]


def read(path: Path, kind: type[BaseModel], content: object) -> BaseModel:
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return read_record(path, kind, cure=CURE, root=path.parent)


def fail(path: Path, kind: type[BaseModel], content: object) -> str:
    with pytest.raises(RecordError) as error:
        read(path, kind, content)
    assert not error.value.is_missing
    return str(error.value)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_read_and_written_again_is_the_same(tmp_path: Path, kind: type[BaseModel]) -> None:
    record = read(tmp_path / "first.json", kind, EXAMPLES[kind])
    write_record(tmp_path / "second.json", record)
    text = (tmp_path / "second.json").read_text(encoding="utf-8")
    assert json.loads(text) == EXAMPLES[kind]
    assert list(json.loads(text)) == list(EXAMPLES[kind])
    assert read_record(tmp_path / "second.json", kind, cure=CURE) == record
    assert text == format_record(record)
    assert text.endswith("}\n")


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_record_is_told_in_one_way(tmp_path: Path, kind: type[BaseModel]) -> None:
    path, content = tmp_path / "file.json", EXAMPLES[kind]
    key = next((name for name, field in kind.model_fields.items() if field.is_required()), "")
    spoilt: list[tuple[object, str]] = [
        (json.dumps(content)[:-3], "not readable as JSON (EOF while parsing"),
        ("", "not readable as JSON (EOF while parsing"),
        ([1], f"holds [1], expected a record of {kind.__name__}"),
        (dict.fromkeys(content, True), f"{next(iter(content))} is True, expected "),
    ]
    if key:
        without = {name: value for name, value in content.items() if name != key}
        spoilt.append((without, f"{key} is missing, expected in a record of {kind.__name__}"))
    if not issubclass(kind, Kept):
        spoilt.append(({**content, "pressure": 1}, "pressure is an unknown key, "))
    for found, words in spoilt:
        text = fail(path, kind, found)
        assert text.startswith("file.json: "), text
        assert words in text, text
        assert text.endswith((f". {CURE}", f"? {CURE}")), text


def test_every_key_at_fault_is_named_with_its_place(tmp_path: Path) -> None:
    alert = {**ALERT, "since": "2026-06-21T03:00:00", "values": {"gap_frac": "3 %"}}
    text = fail(tmp_path / "file.json", Told, {**TOLD, "alert": alert, "runs": 1.5})
    assert text == (
        "file.json: 3 faults\n"
        "  - alert.since is '2026-06-21T03:00:00', expected a time with its zone. Run it again.\n"
        "  - alert.values.gap_frac is '3 %', expected a valid number. Run it again.\n"
        "  - runs is 1.5, expected a valid integer. Run it again."
    )


def test_misspelt_key_is_told_with_the_nearest(tmp_path: Path) -> None:
    content = {"sentense" if key == "sentence" else key: value for key, value in EXAMPLES[Failure].items()}
    text = fail(tmp_path / "file.json", Failure, content)
    assert "sentense is an unknown key, did you mean sentence? Run it again." in text


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_what_is_no_number_is_refused(tmp_path: Path, number: str) -> None:
    text = json.dumps(STATUS).replace("59.1", number)
    assert "gap_gj_per_h is " in fail(tmp_path / "status.json", Status, text)
    with pytest.raises(ValidationError, match="gap_gj_per_h"):
        Status.model_validate_json(json.dumps(STATUS)).__class__(**{**STATUS, "gap_gj_per_h": float("nan")})


def test_missing_file_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"^none\.json: not found\. Run it again\.$") as error:
        read_record(tmp_path / "none.json", Status, cure=CURE, root=tmp_path)
    assert error.value.is_missing
    with pytest.raises(RecordError, match=r": cannot be read \(Is a directory\)\. Run it again\.$") as error:
        read_record(tmp_path, Status, cure=CURE)
    assert not error.value.is_missing


def test_status_of_a_former_release_is_read(tmp_path: Path) -> None:
    later = ("hour", "gap_low_gj_per_h", "gap_high_gj_per_h", "size_gj_per_h", "language", "energy_unit")
    content = {key: value for key, value in STATUS.items() if key not in later}
    status = read(tmp_path / "status.json", Status, content)
    assert [getattr(status, key) for key in later] == [None, None, None, None, "", ""]


def test_record_that_cannot_be_written_leaves_the_former(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    write_record(path, Failure(plant="fjord", stage="monitor", sentence="First."))
    broken = Failure.model_construct(plant="fjord", stage="monitor", sentence="\udcff", since="")
    with pytest.raises((ElcError, UnicodeError, ValueError)):
        write_record(path, broken)
    assert json.loads(path.read_text(encoding="utf-8"))["sentence"] == "First."
    assert [one.name for one in tmp_path.iterdir()] == ["file.json"]


def test_alerts_are_a_list(tmp_path: Path) -> None:
    alert = Alert.model_validate_json(json.dumps(ALERT))
    write_alerts(tmp_path, [alert, alert])
    assert read_alerts(tmp_path) == [alert, alert]
    write_alerts(tmp_path, [])
    assert (tmp_path / "alerts.json").read_text(encoding="utf-8") == "[]\n"
    assert "holds {}, expected a record of Alerts" in fail(tmp_path / "alerts.json", Alerts, {})


def test_lines_that_are_none_cost_no_others(tmp_path: Path) -> None:
    path, records = tmp_path / "lines.jsonl", []
    for stage in ("ingest", "monitor"):
        records.append(Failure(plant="fjord", stage=stage, sentence="Aus – am Ende.\u2028"))
        append_record(path, records[-1])
        path.write_bytes(path.read_bytes() + b'{"plant": "fj')
    found: list[Any] = list(read_lines(path.read_text(encoding="ascii").splitlines(), Failure))
    assert found == [records[0], None, records[1], None]


@pytest.mark.parametrize("kind", [kind for kind in EXAMPLES if issubclass(kind, Kept)])
def test_keys_of_a_former_release_are_kept(tmp_path: Path, kind: type[BaseModel]) -> None:
    content = {**EXAMPLES[kind], "pressure": {"bar": [1, 2.0]}}
    assert json.loads(format_record(read(tmp_path / "file.json", kind, content))) == content


def test_page_and_schemas_are_as_the_classes_say() -> None:
    docs = Path(__file__).parents[3] / "docs"
    built = build_files()
    for name, text in built.items():
        assert (docs / name).read_text(encoding="utf-8") == text, "python -m elc.records docs"
    assert {path.relative_to(docs).as_posix() for path in (docs / "schemas").iterdir()} == set(built) - {"records.md"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.kind.__name__)
def test_every_key_has_its_meaning_and_examples_fit_the_schema(file: File) -> None:
    schema = build_schema(file.kind)
    for part in (schema, *schema.get("$defs", {}).values()):
        for key, content in part.get("properties", {}).items():
            assert content["description"].endswith("."), key
    jsonschema.validate([ALERT] if file.kind is Alerts else EXAMPLES[file.kind], schema)
