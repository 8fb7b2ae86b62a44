"""What a version in use is judged by stays, whatever the cut-off of the next one is set to."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from elc import quality
from tests.unit.quality.conftest import Made

COLUMN = "flue_o2_pct"


def write_card(folder: Path, **content: object) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "card.json").write_text(json.dumps({"plant": "fjord", **content}), encoding="utf-8")
    return folder


def test_cut_off_of_the_next_version_changes_no_verdict_of_the_one_in_use(made: Made, tmp_path: Path) -> None:
    # Seldom still while it was learnt from, and often since: with the later habit the first long spell is none.
    first, later = made.hourly["time_utc"].iloc[[0, -1]]
    cut = first + (later - first) / 2
    for start in [len(made.hourly) // 4, *range(len(made.hourly) // 2 + 20, len(made.hourly) - 40, 45)]:
        made.traces.changes.loc[start : start + 25, COLUMN] = 0.0
    package = write_card(tmp_path / "package", learnt_until=f"{cut:%Y-%m-%d}")
    made.tell_plant(train_until=f"{cut:%Y-%m-%d}")
    checked, found = made.check()
    assert COLUMN in set(found["column"])
    made.tell_plant(train_until=None)
    assert len(made.check()[1]) != len(found)
    made.settings = quality.keep_habits(made.settings, package)
    again, told = made.check()
    pd.testing.assert_frame_equal(again, checked)
    pd.testing.assert_frame_equal(told, found)


@pytest.mark.parametrize("content", [None, {}])
def test_params_count_where_no_package_says_it(made: Made, tmp_path: Path, content: dict[str, object] | None) -> None:
    folder = tmp_path / "package"
    if content is not None:
        write_card(folder, **content)
    assert quality.keep_habits(made.settings, folder) is made.settings
