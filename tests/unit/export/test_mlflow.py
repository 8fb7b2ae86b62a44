"""A version as a model folder of MLflow: the same answers as the package, with nothing of ELC, as MLflow loads it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner
from starlette.testclient import TestClient

from elc import curve
from elc.cli import main
from elc.errors import ElcError
from elc.export import loader, write_mlflow
from elc.fields import BEST, BEST_HIGH, BEST_LOW, HIGH, TYPICAL
from elc.registry.storage import hash_content
from tests.unit.service.packages import AIR, LOAD, write_package

CURVE = [BEST, TYPICAL, HIGH, BEST_LOW, BEST_HIGH]
REGISTERED_S = 1_780_000_000


@pytest.fixture
def package(tmp_path: Path) -> Path:
    write_package(tmp_path / "package")
    return tmp_path / "package"


def export(package: Path, target: Path) -> Path:
    digest = hash_content(package, without=())
    write_mlflow(package, target, plant="fjord", version="v1.1.0", sha256=digest, registered_s=REGISTERED_S)
    return target


@pytest.fixture
def model(package: Path, tmp_path: Path) -> Path:
    return export(package, tmp_path / "model")


def read_bytes(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_written_scores_as_the_package_does(package: Path, model: Path) -> None:
    random = np.random.default_rng(8)
    rows = pd.DataFrame({AIR: random.uniform(-20, 40, 3000), LOAD: random.uniform(35, 65, 3000)}, index=range(5, 3005))
    rows.iloc[7, 0] = np.nan
    expected = curve.read(package)
    found = loader._load_pyfunc(str(model / "package")).predict(rows)
    np.testing.assert_array_equal(found[loader.OUTPUTS], expected.predict(rows)[CURVE])
    assert found[loader.IS_OUTSIDE].equals(expected.find_outside(rows))
    assert 500 < found[loader.IS_OUTSIDE].sum() < 2500
    with pytest.raises(ValueError, match=r"the columns load_t_per_h are missing\. Send load_t_per_h, air_temp_degc"):
        loader.Curve(package).predict(rows[[AIR]])
    with pytest.raises(ValueError, match="rows without names of columns cannot be scored"):
        loader.Curve(package).predict(rows.to_numpy())  # type: ignore[arg-type]


def test_what_goes_along_needs_nothing_of_elc(model: Path) -> None:
    """A process that has no elc scores the example that goes along."""
    code = (
        "import sys, json, pandas as pd\n"
        "sys.modules['elc'] = None\n"
        f"sys.path.insert(0, {str(model / 'code')!r})\n"
        "import elc_mlflow\n"
        f"example = json.loads(open({str(model / 'input_example.json')!r}).read())\n"
        f"found = elc_mlflow._load_pyfunc({str(model / 'package')!r}).predict(pd.DataFrame(**example))\n"
        "print(json.dumps(found[elc_mlflow.OUTPUTS].to_numpy().tolist()))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    golden = json.loads((model / "package" / "golden.json").read_text())
    np.testing.assert_allclose(json.loads(done.stdout), golden["outputs"], rtol=golden["tolerance_frac"])


def test_the_folder_describes_itself_and_is_the_same_each_time(package: Path, model: Path, tmp_path: Path) -> None:
    content = yaml.safe_load((model / "MLmodel").read_text())
    assert content["flavors"]["python_function"]["loader_module"] == "elc_mlflow"
    assert [one["name"] for one in json.loads(content["signature"]["inputs"])] == [LOAD, AIR]
    assert [one["name"] for one in json.loads(content["signature"]["outputs"])] == [*loader.OUTPUTS, loader.IS_OUTSIDE]
    assert content["metadata"]["version"] == "v1.1.0"
    assert content["metadata"]["units"][AIR] == "°C"
    assert content["utc_time_created"].startswith("2026-05-28 ")
    named = [content["flavors"]["onnx"]["data"], *content["flavors"]["python_function"]["env"].values()]
    named += [content["saved_input_example_info"][key] for key in ("artifact_path", "serving_input_path")]
    assert [name for name in named if not (model / name).is_file()] == []
    assert read_bytes(export(package, tmp_path / "again")) == read_bytes(model)


def test_what_is_there_is_not_written_over(package: Path, tmp_path: Path) -> None:
    target = tmp_path / "mine"
    target.mkdir()
    export(package, target)
    (target / "note.txt").write_text("mine")
    before = read_bytes(target)
    with pytest.raises(ElcError, match=r"it is there already\. Name a folder that is new or empty, or remove it"):
        export(package, target)
    assert read_bytes(target) == before
    done = CliRunner().invoke(main, ["export", "mlflow", "fjord", "v1.1.0", "--to", str(target)])
    assert (done.exit_code, "it is there already" in done.output) == (1, True)


def test_a_package_that_does_not_give_its_golden_rows_is_not_exported(package: Path, tmp_path: Path) -> None:
    golden = json.loads((package / "golden.json").read_text())
    golden["outputs"][1][0] += 50
    (package / "golden.json").write_text(json.dumps(golden))
    card = json.loads((package / "card.json").read_text())
    card["files"]["golden.json"] = curve.hash_file(package / "golden.json")
    del card["sha256"]
    curve.write_json(package / "card.json", card | {"sha256": curve.hash_card(card)})
    with pytest.raises(
        ElcError, match=r"gives other numbers than the package for its golden rows\. Nothing was written"
    ):
        export(package, tmp_path / "model")
    assert [path.name for path in tmp_path.iterdir()] == ["package"]


@pytest.mark.filterwarnings("ignore")
def test_mlflow_takes_it(model: Path) -> None:
    pyfunc = pytest.importorskip("mlflow.pyfunc", reason="MLflow is not installed, so the model is not loaded by it.")
    loaded = pyfunc.load_model(str(model))
    golden = json.loads((model / "package" / "golden.json").read_text())
    rows = pd.DataFrame(golden["inputs"], columns=golden["features"])
    found = loaded.predict(rows[rows.columns[::-1]])  # by names, in whatever order
    np.testing.assert_allclose(found[loader.OUTPUTS], golden["outputs"], rtol=golden["tolerance_frac"])
    assert loaded.metadata.get_input_schema().input_names() == golden["features"]
    assert loaded.input_example.equals(rows)
    assert loaded.metadata.metadata["plant"] == "fjord"
    server = pytest.importorskip("mlflow.pyfunc.scoring_server", reason="MLflow's server is not installed.")
    with TestClient(server.init(loaded)) as client:
        served = client.post("/invocations", json=json.loads((model / "serving_input_example.json").read_text()))
    assert [one["best_gj_per_h"] for one in served.json()["predictions"]] == pytest.approx(
        [row[0] for row in golden["outputs"]], rel=golden["tolerance_frac"]
    )
