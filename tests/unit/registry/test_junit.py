"""JUnit XML of proofs: what a CI server reads of it, and that no fault can break it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from elc.curve import Proof
from elc.registry.junit import write_junit

NAME = "fjord v1.2.0 in test"
SUITES = {
    "before": [Proof("package", 0.25, ""), Proof("golden", 0.0104, "row 1: found <5>, expected 6 & more.")],
    "after": [Proof("package", 0.5, "")],
}


def test_every_proof_is_a_case_of_its_suite(tmp_path: Path) -> None:
    path = tmp_path / "reports" / "tests" / "fjord.xml"
    write_junit(path, NAME, SUITES)
    root = ET.parse(path).getroot()
    assert root.tag == "testsuites"
    assert root.attrib == {"name": NAME, "tests": "3", "failures": "1", "errors": "0", "time": "0.760"}
    assert [suite.attrib for suite in root] == [
        {"name": "before", "tests": "2", "failures": "1", "errors": "0", "time": "0.260"},
        {"name": "after", "tests": "1", "failures": "0", "errors": "0", "time": "0.500"},
    ]
    cases = [dict(case.attrib) for case in root.iter("testcase")]
    assert cases == [
        {"classname": f"{NAME}.before", "name": "package", "time": "0.250"},
        {"classname": f"{NAME}.before", "name": "golden", "time": "0.010"},
        {"classname": f"{NAME}.after", "name": "package", "time": "0.500"},
    ]


def test_fault_is_the_message_and_the_text_of_the_failure(tmp_path: Path) -> None:
    path = tmp_path / "fjord.xml"
    write_junit(path, NAME, SUITES)
    failures = list(ET.parse(path).getroot().iter("failure"))
    words = "row 1: found <5>, expected 6 & more."
    assert [(failure.get("message"), failure.get("type"), failure.text) for failure in failures] == [
        (words, "fault", words)
    ]


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("a\x00b\x1b[31mc", r"a\x00b\x1b[31mc"),
        ("half \ud800 pair", r"half \ud800 pair"),
        ("no \ufffe character \uffff", r"no \ufffe character \uffff"),
        ("2 faults\n  - a\n  - b\tc", "2 faults\n  - a\n  - b\tc"),
        ("Ålesund 5 °C ]]> 😀", "Ålesund 5 °C ]]> 😀"),
    ],
)
def test_characters_that_xml_forbids_are_written_as_escapes(tmp_path: Path, given: str, written: str) -> None:
    path = tmp_path / "fjord.xml"
    write_junit(path, given, {given: [Proof(given, 0.0, given)]})
    root = ET.parse(path).getroot()
    (failure,) = root.iter("failure")
    (case,) = root.iter("testcase")
    assert (root.get("name"), root[0].get("name"), case.get("name")) == (written,) * 3
    assert (failure.get("message"), failure.text) == (written, written)


def test_report_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "fjord.xml"
    write_junit(path, NAME, SUITES)
    write_junit(path, NAME, {"before": []})
    assert [suite.get("tests") for suite in ET.parse(path).getroot()] == ["0"]
    assert sorted(file.name for file in tmp_path.iterdir()) == [".lock", "fjord.xml"]


def test_equal_proofs_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("a.xml", "b.xml"):
        write_junit(tmp_path / name, NAME, SUITES)
    content = (tmp_path / "a.xml").read_bytes()
    assert content == (tmp_path / "b.xml").read_bytes()
    assert content.startswith(b"<?xml version='1.0' encoding='utf-8'?>\n<testsuites ")


def test_writer_does_not_import_what_scores() -> None:
    code = "import sys; import elc.registry.junit; print({'onnxruntime', 'pandas'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
