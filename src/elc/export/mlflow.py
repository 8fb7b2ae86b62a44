"""A version as a model folder of MLflow, which `mlflow models serve` and registries of MLflow take.

MLflow itself is not needed to write it: the format is documented. The flavour python_function runs `loader.py`, which
goes along, with ONNX Runtime alone: an environment that serves the model cannot always install ELC. The flavour onnx
is the network of the curve, for programs that read only that.
"""

from __future__ import annotations

import json
import platform
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from elc import curve
from elc.curve import Content, Package
from elc.errors import ElcError
from elc.export.loader import IS_OUTSIDE, OUTPUTS, Curve
from elc.fields import read_unit
from elc.files import replace_folder
from elc.records import parse_record
from elc.records.golden import FILE as GOLDEN
from elc.records.golden import Golden

MODEL, PACKAGE, CODE, MODULE = "MLmodel", "package", "code", "elc_mlflow"
EXAMPLE, SERVED = "input_example.json", "serving_input_example.json"
EXAMPLE_ROWS = 5
# Lower bounds alone: MLflow, which is installed beside them, has upper ones of its own.
REQUIREMENTS = ("mlflow>=2.10", "numpy>=1.26", "onnxruntime>=1.22", "pandas>=2", "pyarrow>=15")
ONNX = "1.17.0"  # what the flavour onnx needs at least to read the network
DOUBLE, BOOLEAN = "double", "boolean"


def write_mlflow(folder: Path, target: Path, *, plant: str, version: str, sha256: str, registered_s: float) -> None:
    """Write a version as a model folder of MLflow, whole or not at all. It gives the golden rows before it is there.

    Args:
        folder: the package of the version.
        target: the folder to write; it must not hold anything.
        plant: whose version it is.
        version: as in v1.1.0.
        sha256: of the content that the package must have.
        registered_s: when the version was registered, in seconds since 1970; the same version makes the same bytes.

    Raises:
        ElcError: the target holds something, or the package is not whole or does not give its golden rows.
    """
    check_target(target)
    content = curve.read_content(folder, sha256=sha256)
    package = curve.open_package(content)
    golden = parse_record(content.files[GOLDEN], Golden, name=f"{folder}: {GOLDEN}", cure="Train the plant again.")
    told = {"plant": plant, "version": version, "package_sha256": sha256}
    with replace_folder(target) as fresh:
        _write_files(fresh, content)
        _write_examples(fresh, golden)
        _write_environment(fresh)
        model = _describe(package, told) | {
            "model_uuid": sha256[:32],
            "utc_time_created": datetime.fromtimestamp(registered_s, UTC).strftime("%Y-%m-%d %H:%M:%S.%f"),
        }
        _write_yaml(fresh / MODEL, model)
        _prove(fresh / PACKAGE, golden, package)


def check_target(target: Path) -> None:
    """Check that a folder may be written: it is not there, or is empty.

    Raises:
        ElcError: it holds something.
    """
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise ElcError(f"export to {target}: it is there already. Name a folder that is new or empty, or remove it.")


def _write_files(target: Path, content: Content) -> None:
    for name, raw in content.files.items():
        path = target / PACKAGE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
    (target / CODE).mkdir()
    loader = resources.files("elc.export").joinpath("loader.py")
    (target / CODE / f"{MODULE}.py").write_text(loader.read_text(encoding="utf-8"), encoding="utf-8")


def _write_examples(target: Path, golden: Golden) -> None:
    table = {"columns": golden.features, "data": golden.inputs[:EXAMPLE_ROWS]}
    for name, example in ((EXAMPLE, table), (SERVED, {"dataframe_split": table})):
        (target / name).write_text(json.dumps(example, indent=2) + "\n", encoding="utf-8")


def _write_environment(target: Path) -> None:
    """Write what the model needs, for pip, virtualenv and Conda."""
    python = platform.python_version()
    (target / "requirements.txt").write_text("\n".join(REQUIREMENTS) + "\n", encoding="utf-8")
    _write_yaml(
        target / "python_env.yaml",
        {
            "python": python,
            "build_dependencies": ["pip", "setuptools", "wheel"],
            "dependencies": ["-r requirements.txt"],
        },
    )
    needed: list[Any] = [f"python={python}", "pip", {"pip": list(REQUIREMENTS)}]
    _write_yaml(target / "conda.yaml", {"name": "mlflow-env", "channels": ["conda-forge"], "dependencies": needed})


def _describe(package: Package, told: dict[str, str]) -> dict[str, Any]:
    """Describe the model, as the file MLmodel does; units stand in its metadata, which MLflow shows."""
    units = {name: read_unit(name).sign for name in (*package.features, *OUTPUTS)}
    return {
        "flavors": {
            "python_function": {
                "loader_module": MODULE,
                "code": CODE,
                "data": PACKAGE,
                "env": {"conda": "conda.yaml", "virtualenv": "python_env.yaml"},
                "python_version": platform.python_version(),
            },
            "onnx": {
                "onnx_version": ONNX,
                "data": f"{PACKAGE}/model.onnx",
                "providers": ["CPUExecutionProvider"],
                "onnx_session_options": None,
                "code": None,
            },
        },
        "signature": {
            "inputs": json.dumps([_describe_column(name, DOUBLE) for name in package.features]),
            "outputs": json.dumps(
                [*(_describe_column(name, DOUBLE) for name in OUTPUTS), _describe_column(IS_OUTSIDE, BOOLEAN)]
            ),
            "params": None,
        },
        "saved_input_example_info": {
            "artifact_path": EXAMPLE,
            "pandas_orient": "split",
            "serving_input_path": SERVED,
            "type": "dataframe",
        },
        "metadata": {**told, "throughput": package.throughput, "units": units},
    }


def _describe_column(name: str, kind: str) -> dict[str, Any]:
    return {"type": kind, "name": name, "required": True}


def _write_yaml(path: Path, content: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")


def _prove(folder: Path, golden: Golden, package: Package) -> None:
    """Score the golden rows with what was written.

    Raises:
        ElcError: they differ from those of the package, or another row is outside the envelope.
    """
    rows = pd.DataFrame(golden.inputs, columns=golden.features)
    found = Curve(folder).predict(rows)
    is_same = np.allclose(found[OUTPUTS], golden.outputs, rtol=golden.tolerance_frac, atol=0)
    if not is_same or (found[IS_OUTSIDE] != package.find_outside(rows)).any():
        raise ElcError(
            f"export of {folder}: the model for MLflow gives other numbers than the package for its golden rows. "
            "Nothing was written. Check with elc audit, and report it."
        )
