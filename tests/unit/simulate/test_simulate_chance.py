"""Chance goes on from block to block as if there were none, and a block has draws of its own."""

from __future__ import annotations

import numpy as np
import pytest

from elc.simulate.chance import BLOCK_DAYS, BLOCK_H, Chance, count_blocks


def test_walk_goes_on_over_the_end_of_a_block() -> None:
    steps, joints = [], []
    for seed in range(40):
        chance = Chance(seed)
        chance.begin(0)
        first = chance.wander("weather", 60)
        chance.begin(1)
        second = chance.wander("weather", 60)
        steps.append(np.diff(first).std())
        joints.append(second[0] - first[-1])
        assert chance.last == {"weather": second[-1]}
    assert np.std(joints) == pytest.approx(np.mean(steps), rel=0.35)


def test_walk_is_as_wide_in_every_block() -> None:
    chance = Chance(3)
    for number in range(3):
        chance.begin(number)
        assert chance.wander("load", 5).std() == pytest.approx(1, abs=0.05)


def test_walks_of_other_blocks_names_and_seeds_are_others() -> None:
    drawn = []
    for seed in (1, 2):
        chance = Chance(seed)
        for number in range(2):
            chance.begin(number)
            drawn += [chance.wander("one", 6), chance.wander("two", 6)]
    likeness = np.corrcoef(drawn) - np.eye(len(drawn))
    assert np.abs(likeness).max() < 0.1


def test_hours_are_counted_from_the_first_block() -> None:
    chance = Chance(1)
    chance.begin(2)
    assert list(chance.hours[[0, -1]]) == [2 * BLOCK_H, 3 * BLOCK_H - 1]


@pytest.mark.parametrize(("days", "blocks"), [(1, 1), (BLOCK_DAYS, 1), (BLOCK_DAYS + 1, 2), (2 * BLOCK_DAYS, 2)])
def test_blocks_hold_the_days(days: int, blocks: int) -> None:
    assert count_blocks(days) == blocks
