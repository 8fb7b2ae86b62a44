"""The files of the dataset stage: whole or not at all, the same bytes from the same hours."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from elc import dataset, findings
from elc.fields import IS_STEADY
from tests.unit.dataset.hours import LOAD, build_hours, build_settings, build_tags, mark


def hash_folder(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def build_split(count: int = 100) -> dataset.Split:
    return dataset.build_split(build_hours([100.0 + hour / 7 for hour in range(count)]), 98.123456789, build_settings())


def test_split_comes_back_as_it_was_written(tmp_path: Path) -> None:
    split = build_split()
    dataset.write_split(tmp_path / "fjord", split)
    found = dataset.read_split(tmp_path / "fjord")
    assert found.rated_load == split.rated_load
    for part in dataset.PARTS:
        pd.testing.assert_frame_equal(getattr(found, part), getattr(split, part))
    first = hash_folder(tmp_path / "fjord")
    assert sorted(first) == ["split.json", "test.parquet", "train.parquet", "valid.parquet"]
    dataset.write_split(tmp_path / "fjord", split)
    assert hash_folder(tmp_path / "fjord") == first


def test_dataset_holds_split_baseline_stops_and_findings(tmp_path: Path) -> None:
    chosen = build_settings()
    marked = mark([100.0] * 50 + [0.0] * 5 + [100.0 + hour / 10 for hour in range(100)], chosen)
    split = dataset.build_split(marked[marked[IS_STEADY]], 100.0, chosen)
    stops = dataset.build_stops(marked, LOAD, chosen)
    rules = dataset.check_sufficiency(marked, split, build_tags(), chosen)
    insufficient = dataset.find_insufficient(rules, split, chosen)
    unsound = dataset.find_unsound(marked.assign(flue_o2_pct=float("inf")), split, build_tags(), chosen)
    hashes = []
    for _ in range(2):
        folder = tmp_path / "fjord"
        dataset.write_dataset(folder, split, build_tags(), stops=stops, insufficient=insufficient, unsound=unsound)
        hashes.append(hash_folder(folder))
    assert hashes[0] == hashes[1]
    assert sorted(hashes[0]) == [
        "constraints.json",
        "findings.parquet",
        "split.json",
        "statistics.json",
        "stops.parquet",
        "test.parquet",
        "train.parquet",
        "valid.parquet",
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["fjord"]
    pd.testing.assert_frame_equal(pd.read_parquet(folder / "stops.parquet"), stops)
    assert len(stops) == 2
    found = findings.read_findings(folder / "findings.parquet")["check"].value_counts()
    assert found.to_dict() == {"sufficiency": (~rules["is_met"]).sum(), "soundness": 1}
    pd.testing.assert_frame_equal(dataset.read_split(folder).train, split.train)


def test_dataset_that_cannot_be_written_leaves_the_former(tmp_path: Path) -> None:
    split = build_split()
    none = findings.build_frame([])
    write = {"stops": pd.DataFrame(), "insufficient": none, "unsound": none}
    dataset.write_dataset(tmp_path / "fjord", split, build_tags(), **write)
    before = hash_folder(tmp_path / "fjord")
    mixed = ["text", *[1.5] * (len(split.test) - 1)]
    broken = replace(split, rated_load=1.0, test=split.test.assign(mixed=mixed))
    with pytest.raises(Exception, match="mixed"):
        dataset.write_dataset(tmp_path / "fjord", broken, build_tags(), **write)
    assert hash_folder(tmp_path / "fjord") == before
    assert [path.name for path in tmp_path.iterdir()] == ["fjord"]
