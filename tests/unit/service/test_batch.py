"""Requests of one moment are scored in one run, and none is harmed by another."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

from elc.service.versions.batch import Batch, Inputs, Outputs, Scored, ScoreError


class Network:
    """Gives each row its first feature five times; refuses rows below zero, and has no number for infinite ones."""

    def __init__(self) -> None:
        self.runs: list[int] = []

    def __call__(self, inputs: Inputs) -> Outputs:
        self.runs.append(len(inputs))
        if (inputs < 0).any():
            raise ValueError("a row below zero")
        energy = np.repeat(inputs[:, :1].astype(np.float64), 5, axis=1)
        return np.where(np.isfinite(energy), energy, np.nan), inputs[:, 0] > 10


def ask(network: Network, *requests: list[float]) -> list[Scored | BaseException]:
    """Ask all at once; each request is a list of rows of one feature."""

    async def ask_all() -> list[Scored | BaseException]:
        batch = Batch(network)
        asked = [batch.score(np.array(rows, np.float32)[:, None]) for rows in requests]
        return list(await asyncio.gather(*asked, return_exceptions=True))

    return asyncio.run(ask_all())


def test_requests_of_one_moment_share_a_run_and_each_gets_its_own_rows() -> None:
    network = Network()
    found = ask(network, [1, 12], [3], [4, 5, 6])
    assert network.runs == [6]
    assert [one.energy[:, 0].tolist() for one in found if isinstance(one, Scored)] == [[1, 12], [3], [4, 5, 6]]
    assert [one.is_outside.tolist() for one in found if isinstance(one, Scored)] == [
        [False, True],
        [False],
        [False] * 3,
    ]


def test_row_without_a_number_fails_its_own_request_alone() -> None:
    found = ask(Network(), [1], [2, float("inf")], [3])
    assert [type(one) for one in found] == [Scored, ScoreError, Scored]


def test_error_of_one_request_reaches_no_other() -> None:
    network = Network()
    found = ask(network, [1], [-2], [3])
    assert network.runs == [3, 1, 1, 1]
    assert [type(one) for one in found] == [Scored, ValueError, Scored]


@pytest.mark.parametrize("others", [[], [[2.0]]])
def test_request_that_is_given_up_is_left_out(others: list[list[float]]) -> None:
    async def give_up() -> list[Scored]:
        batch = Batch(Network())
        late = asyncio.ensure_future(batch.score(np.array([[1.0]], np.float32)))
        rest = [asyncio.ensure_future(batch.score(np.array([rows], np.float32))) for rows in others]
        await asyncio.sleep(0)  # all of them wait now
        late.cancel()
        found = await asyncio.gather(*rest)
        with pytest.raises(asyncio.CancelledError):
            await late
        return list(found)

    assert [one.energy[0, 0] for one in asyncio.run(give_up())] == [rows[0] for rows in others]
