"""What must hold after every hour, worked out from the files alone."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import onnxruntime
import pandas as pd
import yaml

from tests.conftest import git
from tests.life.world import ENVIRONMENT, HOUR, World

KEY = ["time_utc", "setpoint"]
# The network's numbers have 24 bits, and the last ones depend on the rows that are asked for together.
ROUNDING = 2e-6
CLOSED = ("followed", "partly", "not")


def check_hour(world: World, said: dict[str, Any], client: httpx.Client) -> None:
    """Check the table, and each plant that was judged."""
    for plant in world.plants:
        row = said.get(plant)
        if row is None:
            world.accuse(f"{plant}: not in the table")
            continue
        failed = [one["stage"] for one in row["failures"]]
        if failed != ([world.expected[plant]] if plant in world.expected else []):
            world.accuse(f"{plant}: failed {row['failures']}, expected {world.expected.get(plant, 'none')}")
        if plant not in world.expected:
            check_plant(world, plant, client)
    if git(world.project.root, "status", "--porcelain"):
        world.accuse(f"git status: {git(world.project.root, 'status', '--porcelain')}")
    before = world.memory.pop("dvc status", None)
    if before is not None and (found := world.read_dvc_status()) != before:
        world.accuse(f"dvc status: before the hour {before[-300:]}, after it {found[-300:]}")


def read_plants(world: World) -> dict[str, Any]:
    return parse_plants(world.project.params.read_text(encoding="utf-8"))


@lru_cache(maxsize=2)
def parse_plants(text: str) -> dict[str, Any]:
    plants: dict[str, Any] = yaml.safe_load(text)["plants"]
    return plants


def check_plant(world: World, plant: str, client: httpx.Client) -> None:
    place = world.operated
    status = json.loads((place.operation("monitor", plant) / "status.json").read_text(encoding="utf-8"))
    hours = pd.read_parquet(place.operation("monitor", plant) / "hours.parquet").sort_values("time_utc")
    last = hours.iloc[-1]
    check_numbers(world, plant, status, hours, last)
    check_parts(world, plant, last)
    check_log(world, plant)
    check_alerts(world, plant)
    check_past(world, plant, hours)
    check_shown(world, plant, status, last, client)


def check_numbers(world: World, plant: str, status: dict[str, Any], hours: pd.DataFrame, last: pd.Series) -> None:
    """Best is what the deployed network says, the gap is actual less best, and money is the gap at the day's price."""
    folder = world.project.deployed(ENVIRONMENT, plant)
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    table = pd.read_parquet(world.operated.hourly(plant) / "hourly.parquet").set_index("time_utc")
    session = onnxruntime.InferenceSession(folder / "model.onnx")
    judged = hours[hours["gap_gj_per_h"].notna()].tail(48)
    if len(judged):
        names = [feature["column"] for feature in card["features"]]
        rows = table.loc[judged["time_utc"], names].to_numpy(np.float32)
        best = session.run(None, {session.get_inputs()[0].name: rows})[0][:, 0]
        close(world, plant, "best is not the network's", judged["energy_best_gj_per_h_pred"].to_numpy(), best, 1e-5)
        actual = table.loc[judged["time_utc"], "energy_gj_per_h"].to_numpy()
        gaps = judged["gap_gj_per_h"].to_numpy()
        close(world, plant, "gap is not actual less best", gaps, actual - best, ROUNDING * np.abs(actual).max())
    gap = last["gap_gj_per_h"]
    if pd.isna(gap) != (status["gap_gj_per_h"] is None):
        world.accuse(f"{plant}: status says gap {status['gap_gj_per_h']}, the hours {gap}")
    elif not pd.isna(gap):
        close(world, plant, "gap of status", status["gap_gj_per_h"], gap, 1e-6)
        price = read_price(world, plant, last["time_utc"])
        close(world, plant, "money", status["money_per_h"], gap * price, 1e-6)
    elif not status["no_gap_reason"]:
        world.accuse(f"{plant}: no gap, and no reason")
    check_month(world, plant, status, hours)


def read_price(world: World, plant: str, time: pd.Timestamp) -> float:
    entry = read_plants(world)[plant]
    price = entry["carriers"][entry["gap_carrier"]]["price_per_gj"]
    if not isinstance(price, dict):
        return float(price)
    day = time.tz_convert(entry["time_zone"]).date().isoformat()
    return float(price[max(start for start in price if start <= day)])


def check_month(world: World, plant: str, status: dict[str, Any], hours: pd.DataFrame) -> None:
    """Month to date is the sum of its judged hours, in site time."""
    zone = read_plants(world)[plant]["time_zone"]
    site = hours["time_utc"].dt.tz_convert(zone)
    month = hours[(site.dt.year == site.iloc[-1].year) & (site.dt.month == site.iloc[-1].month)]
    judged = month[month["gap_gj_per_h"].notna()]
    money = sum(row.gap_gj_per_h * read_price(world, plant, row.time_utc) for row in judged.itertuples())
    if len(judged):
        close(world, plant, "money of the month", status["money_month"], money, 1e-6)


def check_parts(world: World, plant: str, last: pd.Series) -> None:
    """The parts of the gap add up to it."""
    parts = pd.read_parquet(world.operated.operation("explain", plant) / "period.parquet")
    now = parts[parts["time_utc"] == last["time_utc"]]
    if len(now) and pd.notna(last["gap_gj_per_h"]):
        close(world, plant, "parts of the gap", now["share_gj_per_h"].sum(), last["gap_gj_per_h"], 1e-4)


def check_log(world: World, plant: str) -> None:
    """The log of advice neither loses nor doubles an entry, nor forgets that it was shown; what is closed stays."""
    folder = world.operated.operation("advice", plant)
    log = pd.read_parquet(folder / "log.parquet")
    moves = log[log["setpoint"].ne("")] if "setpoint" in log else log
    if moves.duplicated([*KEY, "version"]).any():
        world.accuse(f"{plant}: the log of advice holds an entry twice")
    known = set(moves.loc[moves["is_shown"], KEY].itertuples(index=False, name=None))
    former = world.memory.get(f"log {plant}", set())
    oldest = log["time_utc"].min() if len(log) else world.now
    if lost := {one for one in former - known if one[0] >= oldest}:
        world.accuse(f"{plant}: the log of shown advice lost {len(lost)} entries: {sorted(lost)[:2]}")
    world.memory[f"log {plant}"] = known
    cases = pd.read_parquet(folder / "outcomes.parquet")
    closed = cases[cases["outcome"].isin(CLOSED)]
    # Another version has advice of its own on hours before it, so that a case is known by its version too.
    now = {(row.setpoint, row.start, row.version): row.outcome for row in closed.itertuples()}
    changed = [key for key, was in world.memory.get(f"cases {plant}", {}).items() if now.get(key, was) != was]
    if changed:
        world.accuse(f"{plant}: closed cases of advice changed: {changed[:2]}")
    world.memory[f"cases {plant}"] = {**world.memory.get(f"cases {plant}", {}), **now}


def check_alerts(world: World, plant: str) -> None:
    """An alert is told once and recovers once; one that comes back is told again."""
    path = world.operated.operation("alerts", plant) / "alerts.jsonl"
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []
    told: dict[str, list[str]] = {}
    for line in lines:
        if line["state"] in ("open", "recovered"):
            told.setdefault(line["id"], []).append(line["state"])
    wrong = [
        one for one, states in told.items() if states != [("open", "recovered")[i % 2] for i in range(len(states))]
    ]
    if wrong:
        world.accuse(f"{plant}: alerts that were told twice, or ended without being told: {wrong[:3]}")


def check_past(world: World, plant: str, hours: pd.DataFrame) -> None:
    """No earlier hour is judged otherwise, unless something of the past reached the plant.

    An hour without a gap may get one: weather that was missing is filled once its next reading is there.
    """
    names = ["energy_gj_per_h", "energy_best_gj_per_h_pred", "gap_gj_per_h", "plant_state"]
    past = hours.set_index("time_utc")[names]
    former = world.memory.get(f"past {plant}")
    if former is not None and plant not in world.late:
        is_judged = former["gap_gj_per_h"].notna()
        settled = former.index[is_judged & (former.index < world.now - 2 * HOUR)].intersection(past.index)
        before, after = former.loc[settled], past.loc[settled]
        limit = ROUNDING * former["energy_gj_per_h"].abs().max()
        near = before.drop(columns="plant_state").sub(after.drop(columns="plant_state")).abs().le(limit)
        is_same = (before == after) | (before.isna() & after.isna())
        differs = ~(is_same | near.reindex(columns=names, fill_value=False)).all(axis=1)
        if differs.any():
            first = differs[differs].index[0]
            world.accuse(
                f"{plant}: {int(differs.sum())} earlier hours changed, the first {first}: "
                f"{before.loc[first].to_dict()} to {after.loc[first].to_dict()}"
            )
    world.memory[f"past {plant}"] = past


def check_shown(world: World, plant: str, status: dict[str, Any], last: pd.Series, client: httpx.Client) -> None:
    """The page and the operator page tell the same hour and numbers as the files."""
    page = world.operated.site / plant / "50_monitor.html"
    if status["version"] not in page.read_text(encoding="utf-8"):
        world.accuse(f"{plant}: the page does not name version {status['version']}")
    now = client.get(f"/plants/{plant}/now").json()
    if not now["has_hour"]:
        world.accuse(f"{plant}: the operator page has no hour: {now['notes']}")
    elif pd.Timestamp(now["hour"]) != last["time_utc"]:
        world.accuse(
            f"{plant}: the operator page shows {now['hour']}, the newest hour is {last['time_utc']}: {now['notes']}"
        )
    elif now["gap_gj_per_h"] is not None:
        close(world, plant, "gap of the operator page", now["gap_gj_per_h"], status["gap_gj_per_h"], 1e-6)


def close(world: World, plant: str, what: str, found: Any, wanted: Any, tolerance: float) -> None:
    if found is None or not np.allclose(
        np.asarray(found, float), np.asarray(wanted, float), rtol=tolerance, atol=tolerance
    ):
        world.accuse(f"{plant}: {what}: found {found}, worked out {wanted}")


def count_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
