"""A trained package against one that reads a little high."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import pandas as pd
import pytest
from onnx import helper, numpy_helper

from elc import compare, curve, settings
from elc.fields import BEST, ENERGY
from elc.ingest import read_hourly
from elc.paths import Project
from elc.records.comparison import Comparison


def run(pair: compare.Pair, hourly: pd.DataFrame, chosen: settings.StageSettings) -> Comparison:
    return compare.build_comparison(pair, compare.score_pair(hourly, pair, chosen), chosen)


def scale_package(source: Path, target: Path, factor: float) -> None:
    """Copy a package with all of its curve's energies times a factor."""
    shutil.copytree(source, target)
    network = onnx.load(target / "model.onnx")
    end = network.graph.output[0].name
    for node in network.graph.node:
        node.output[:] = ["unscaled" if name == end else name for name in node.output]
    network.graph.initializer.append(numpy_helper.from_array(np.array(factor, np.float32), "factor"))
    network.graph.node.append(helper.make_node("Mul", ["unscaled", "factor"], [end]))
    onnx.save(network, target / "model.onnx")
    card = json.loads((target / "card.json").read_text(encoding="utf-8"))
    del card["sha256"]
    card["files"]["model.onnx"] = curve.hash_file(target / "model.onnx")
    curve.write_json(target / "card.json", card | {"sha256": curve.hash_card(card)})


def test_a_trained_package_of_one_percent_more_is_found_out(
    demo_project: Project, fjord: settings.StageSettings, tmp_path: Path
) -> None:
    """Hours made at the trained curve: one in ten a little below its best, the others above."""
    folder, scaled = demo_project.model("fjord"), tmp_path / "scaled"
    scale_package(folder, scaled, 1.01)
    hourly, package = read_hourly(demo_project.hourly("fjord")), curve.read(folder)
    above = np.where(np.arange(len(hourly)) % 10 == 0, -2.0, 2.0)
    hourly[ENERGY] = package.predict(hourly)[BEST] + above
    found = run(compare.build_pair(scaled, "v1.1.0", folder, "v1.0.0 in prod"), hourly, fjord)
    assert found.metrics["right"]["coverage_best_frac"] == pytest.approx(0.1, abs=0.02)
    assert found.metrics["left"]["coverage_best_frac"] == 1.0
    assert found.test.difference_gj_per_h > 0
    assert {round(band.difference_frac, 5) for band in found.bands} == {0.01}
    assert found.verdict in ("worse", "few")
