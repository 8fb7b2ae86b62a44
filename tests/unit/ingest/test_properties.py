"""Whatever way the readings arrive in, the hourly table has the same bytes."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from elc import ingest
from elc.errors import ElcError
from elc.settings import Tag, TagList
from tests.unit.ingest.exports import TAGS, build_bytes, build_settings

COUNTER = Tag("FQ-1", "steam_energy_gj_per_h", "state", "", 1.0, 0.0, None, None, "", is_totaliser=True)
TAGGED = TagList("fjord", (*TAGS.tags, COUNTER))
FILES = ("a.parquet", "b.parquet", "c.csv", "d.csv")
LATE = ("e.parquet", "f.csv")
READING = st.tuples(
    st.sampled_from(["FT-1", "FT-2", "FQ-1"]),
    st.integers(0, 3 * 24 * 3600),  # seconds: the readings reach over three days
    st.integers(-9999, 9999),
    st.sampled_from(["Good", "Good", "Good", "Uncertain", "Bad"]),
)
ANY = settings(max_examples=12, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


def build_table(rows: list[tuple[str, int, int, str]]) -> pd.DataFrame:
    """Build readings; of the counter the value is the time, so that it rises."""
    full = [*rows, *((tag.tag, 90_000, 7, "Good") for tag in TAGGED)]
    frame = pd.DataFrame(full, columns=["tag", "second", "value", "quality"])
    is_counter = frame["tag"] == "FQ-1"
    frame["value"] = (frame["value"] / 7).mask(is_counter, frame["second"] / 11)
    frame["time"] = pd.Timestamp("2024-06-29") + pd.to_timedelta(frame["second"], unit="s")
    return frame[["time", "tag", "value", "quality"]]


def write_files(folder: Path, readings: pd.DataFrame, places: list[str], names: tuple[str, ...]) -> None:
    for name in names:
        rows = readings[[place == name for place in places]]
        if len(rows) and name.endswith("csv"):
            rows.to_csv(folder / name, index=False)
        elif len(rows):
            rows.to_parquet(folder / name, index=False)


def read_bytes(root: Path, export: Path) -> bytes:
    hourly, _, _ = ingest.read_export(
        export, TAGGED, build_settings(max_hold_h=5, min_coverage_frac=0.1), cache=root / f"cache_{export.name}"
    )
    return build_bytes(hourly)


@ANY
@given(st.data(), st.lists(READING, min_size=1, max_size=40))
def test_readings_give_the_same_bytes_in_any_order_files_copies_and_runs(
    data: st.DataObject, rows: list[tuple[str, int, int, str]]
) -> None:
    readings = build_table(rows)
    copied = data.draw(st.lists(st.integers(0, len(readings) - 1), max_size=20), label="copied")
    worse = data.draw(st.lists(st.sampled_from(["Bad", "same"]), min_size=len(copied), max_size=len(copied)))
    copies = readings.iloc[copied]
    copies = copies.assign(quality=copies["quality"].where([one == "same" for one in worse], "Bad"))
    order = data.draw(st.permutations(range(len(readings) + len(copies))), label="order")
    arrived = pd.concat([readings, copies]).iloc[list(order)]
    place = st.sampled_from([*FILES, *LATE])
    places = data.draw(st.lists(place, min_size=len(arrived), max_size=len(arrived)), label="places")
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for folder in ("once", "often"):
            (root / folder).mkdir()
        write_files(root / "once", readings, ["a.parquet"] * len(readings), FILES)
        expected = read_bytes(root, root / "once")
        write_files(root / "often", arrived, places, FILES)
        with contextlib.suppress(ElcError):  # a tag may be missing as long as the late files are
            read_bytes(root, root / "often")
        write_files(root / "often", arrived, places, LATE)
        assert read_bytes(root, root / "often") == expected
