"""Write what the functional tests of a package found as JUnit XML, which every CI server shows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from elc.files import hold_lock, replace_file

if TYPE_CHECKING:
    from elc.curve import Proof  # it takes a second, and only names a type here

# Extensible Markup Language (XML) 1.0, fifth edition, section 2.2: all other characters are allowed.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def write_junit(path: Path, name: str, suites: Mapping[str, Sequence[Proof]]) -> None:
    """Write proofs as JUnit XML: a test suite for each key, in order, and a failed test for each proof with a fault.

    Args:
        path: the file to write; its folder is made.
        name: of the whole run, `fjord v1.2.0 in test`.
        suites: the proofs of each suite (`before`, `after` a promotion).
    """
    root = ET.Element("testsuites", {"name": _clean(name), **_count(_join(suites))})
    for key, proofs in suites.items():
        suite = ET.SubElement(root, "testsuite", {"name": _clean(key), **_count(proofs)})
        for proof in proofs:
            _add_case(suite, _clean(f"{name}.{key}"), proof)
    ET.indent(root)
    with hold_lock(path.parent / ".lock"), replace_file(path) as temporary:  # two may promote at once
        ET.ElementTree(root).write(temporary, encoding="utf-8", xml_declaration=True)


def _join(suites: Mapping[str, Sequence[Proof]]) -> list[Proof]:
    return [proof for proofs in suites.values() for proof in proofs]


def _count(proofs: Sequence[Proof]) -> dict[str, str]:
    failures = sum(bool(proof.fault) for proof in proofs)
    seconds = sum(proof.seconds for proof in proofs)
    return {"tests": f"{len(proofs)}", "failures": f"{failures}", "errors": "0", "time": f"{seconds:.3f}"}


def _add_case(suite: ET.Element, classname: str, proof: Proof) -> None:
    words = {"classname": classname, "name": _clean(proof.name), "time": f"{proof.seconds:.3f}"}
    case = ET.SubElement(suite, "testcase", words)
    if proof.fault:
        fault = _clean(proof.fault)
        ET.SubElement(case, "failure", {"message": fault, "type": "fault"}).text = fault


def _clean(text: str) -> str:
    """Write characters that XML forbids as their escapes, so that nothing is lost: a bell is `\\x07`."""
    return FORBIDDEN.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)
