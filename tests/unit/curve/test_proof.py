"""The functional tests of a package: a trained one passes, and each way to be wrong is found and named."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from elc import curve
from elc.errors import ElcError

ALL = ["golden", "shape", "latency"]


def prove(folder: Path, *tests: str, plant: str = "fjord", max_latency_ms: float = 1000.0) -> dict[str, str]:
    """Run tests; the fault of each."""
    proofs = curve.prove(folder, tests or ALL, plant=plant, sha256="", max_latency_ms=max_latency_ms)
    return {proof.name: proof.fault for proof in proofs}


@pytest.mark.parametrize("name", ["goldn", "package"])
def test_unknown_test_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ElcError, match=rf"^plant fjord: its package cannot be tested: the test {name} is unknown: "):
        prove(tmp_path, "shape", name)


def test_no_package_at_all_is_a_fault(tmp_path: Path) -> None:
    faults = prove(tmp_path / "fjord")
    assert re.search(
        r"card\.json was not found\. In a fresh clone, fetch it .*; else train .* dvc repro train@fjord\.$",
        faults["package"],
    )


def test_importing_the_curve_does_not_import_scipy_stats() -> None:
    code = "import sys; import elc.curve; print('scipy.stats' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
