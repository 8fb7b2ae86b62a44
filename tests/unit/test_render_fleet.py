"""The page of many plants: by region, with what narrows and sorts it; few plants need none of that."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from elc.pages import language
from elc.render.groups import MANY, build_groups, build_region_losses, build_summary, name_region
from elc.render.index import build_index
from elc.render.index_table import FleetPages
from elc.render.sparks import SMALL_H, build_small_spark
from tests.builders.fleet import LIMIT, WEEK_H, build_fleet

LARGE = 40


@pytest.fixture(scope="module")
def fleet() -> FleetPages:
    return build_fleet(LARGE)


@pytest.fixture(scope="module")
def index(fleet: FleetPages) -> str:
    language.choose("en")
    return build_index(fleet)


def test_few_plants_have_neither_fields_nor_regions() -> None:
    few = build_index(build_fleet(MANY - 1))
    assert not [word for word in ("tools", "data-sort", "region-", "small-spark", "wrong") if word in few]
    assert 'class="losses"' in few
    assert "tools" in build_index(build_fleet(MANY))


def test_rows_stand_under_their_region_with_what_it_amounts_to(index: str) -> None:
    bodies = re.findall(r'<tbody data-region="([^"]*)">(.*?)</tbody>', index, re.DOTALL)
    assert {name for name, _ in bodies} == {"North", "South", "North sea", "Inland", "Other plants"}
    assert bodies[-1][0] == "Other plants"  # the one without a page yet, which has no region
    assert sum(body.count('scope="row"') for _, body in bodies) == LARGE
    for name, body in bodies:
        count = body.count('scope="row"')
        assert f'{name} <span class="small">{count} plant{"s" if count > 1 else ""} · ' in body
    assert 'href="#region-north-sea"' in index


def test_region_loses_most_first_and_sums_what_is_known(fleet: FleetPages) -> None:
    groups = build_groups(fleet.statuses, [], fleet.regions)
    money = [group.money_per_h or 0.0 for group in groups]
    assert money == sorted(money, reverse=True)
    north = next(group for group in groups if group.name == "North")
    judged = [one for one in north.statuses if one.money_per_h is not None]
    assert north.money_per_h == pytest.approx(sum(one.money_per_h or 0.0 for one in judged))
    assert north.count_over(LIMIT) == sum((one.gap_frac or 0.0) > LIMIT for one in judged)
    unpriced = replace(north, statuses=(judged[0].model_copy(update={"money_per_h": None}), *judged[1:]))
    assert unpriced.money_per_h is None
    assert "an hour" not in build_summary(unpriced, "€", LIMIT)


def test_bar_of_a_region_shows_what_plants_above_the_limit_lose(fleet: FleetPages) -> None:
    group = build_groups(fleet.statuses, [], fleet.regions)[0]
    drawn = build_region_losses([group], "€", LIMIT)
    over, under = re.findall(r'<rect class="(?:over|under)"(?: x="[\d.]+%")? width="([\d.]+)%"', drawn)
    lost = sum(one.money_per_h or 0.0 for one in group.statuses if (one.gap_frac or 0.0) > LIMIT)
    assert float(over) == pytest.approx(100 * lost / (group.money_per_h or 1.0), abs=0.1)
    assert float(over) + float(under) == pytest.approx(100, abs=0.2)


def test_what_is_wrong_is_marked_and_counted(fleet: FleetPages, index: str) -> None:
    wrong = re.findall(r'<tr class="wrong".*?<th scope="row">(?:<a [^>]*>)?([^<]*)', index)
    shown = {one.strip() for one in wrong}
    assert {"Newcomer", fleet.names["plant_003"], fleet.names["plant_004"], fleet.names["plant_007"]} <= shown
    assert fleet.names["plant_005"] not in shown
    assert f"Only what is wrong ({len(wrong)})" in index


def test_a_row_carries_the_numbers_that_it_is_sorted_by(fleet: FleetPages, index: str) -> None:
    status = fleet.statuses[6]
    row = next(line for line in index.splitlines() if f">{status.name}</a>" in line and "data-sort" in line)
    keys = re.search(r'data-sort="([^"]*)"', row)[1].split("|")  # type: ignore[index]
    assert len(keys) == row.count("<td") + 1
    assert [keys[0], keys[8], keys[9], keys[10]] == [""] * 4
    assert float(keys[3]) == pytest.approx(status.gap_frac)
    assert float(keys[4]) == pytest.approx(status.money_per_h)


def test_advice_at_sound_plants_can_be_opened(fleet: FleetPages, index: str) -> None:
    said = index.split("## What to do")[1]
    first, folded = said.split(":::", 1)
    assert "other plants, below the limit" in folded
    assert f"**[{fleet.names['plant_007']}]" in first
    assert f"**[{fleet.names['plant_005']}]" in folded
    assert said.count("**[") == len(fleet.statuses)


def test_small_picture_of_a_week_is_of_few_bytes(fleet: FleetPages) -> None:
    drawn = build_small_spark(fleet.weeks["plant_007"], LIMIT)
    bars = re.findall(r"M(\d+) (\d+)V(\d+)", drawn)
    assert len(bars) <= WEEK_H / SMALL_H
    assert len(drawn) < 1000
    assert "Gap of the last seven days: " in drawn
    assert build_small_spark(None, LIMIT) == ""


def test_region_is_named_as_a_word() -> None:
    assert name_region("north_sea") == "North sea"
