"""The two networks and their losses, against the same worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from elc.settings import TrainSettings
from elc.train.network import build_curve, build_response, pinball_loss, set_seed, weighted_loss

SETTINGS = TrainSettings(
    seed=7,
    hidden_units=24,
    members=5,
    epochs=1,
    patience=1,
    batch_size=64,
    learning_rate=0.004,
    weight_decay=0.0,
    precedent_frac=0.1,
    envelope_margin_frac=0.02,
)


def build_rows(count: int, *, setpoints: int) -> tuple[np.ndarray, np.ndarray]:
    """Build rows of load, air and set-points, and their energy (GJ/h)."""
    rng = np.random.default_rng(1)
    load = rng.uniform(30, 100, (count, 1))
    others = rng.normal(10, 5, (count, 1 + setpoints))
    features = np.hstack([load, others]).astype(np.float32)
    energy = load[:, 0] * (28 + 0.07 * others.sum(axis=1)) + rng.normal(0, 20, count)
    return features, energy.astype(np.float32)


def test_quantiles_never_cross_whatever_the_weights() -> None:
    set_seed(1)
    features, energy = build_rows(500, setpoints=0)
    model = build_curve(features, energy, SETTINGS)
    rng = np.random.default_rng(2)
    model.set_weights([rng.normal(0, 1, weights.shape) for weights in model.get_weights()])
    # Far beyond the training range, too.
    rows = np.column_stack([rng.uniform(0.5, 300, 10_000), rng.uniform(-100, 100, 10_000)]).astype(np.float32)
    best, typical, high = np.asarray(model(rows)).T
    assert (best <= typical).all()
    assert (typical <= high).all()
    assert (high - best).min() < 0.5 * (high - best).max()  # the three do move


def test_curve_is_energy_in_proportion_to_its_load() -> None:
    set_seed(1)
    features, energy = build_rows(500, setpoints=0)
    model = build_curve(features, energy, SETTINGS)
    model.set_weights([np.zeros_like(weights) for weights in model.get_weights()])
    found = np.asarray(model(features))
    # With no weights SEC is the mean of training; softplus(0) = ln 2 standard deviations to either side.
    sec = energy / features[:, 0]
    wanted = np.array([sec.mean() - np.log(2) * sec.std(), sec.mean(), sec.mean() + np.log(2) * sec.std()])
    np.testing.assert_allclose(found, wanted * features[:, :1], rtol=1e-5)


@pytest.mark.parametrize("members", [1, 5])
def test_response_has_one_output_a_member(members: int) -> None:
    set_seed(1)
    features, energy = build_rows(50, setpoints=3)
    model = build_response(features, energy, SETTINGS.model_copy(update={"members": members}))
    assert np.asarray(model(features)).shape == (50, members)


def test_seed_makes_the_same_network() -> None:
    features, energy = build_rows(50, setpoints=3)
    found = []
    for seed in (3, 3, 4):
        set_seed(seed)
        found.append(np.asarray(build_response(features, energy, SETTINGS)(features)))
    np.testing.assert_array_equal(found[0], found[1])
    assert not np.allclose(found[0], found[2])


def test_pinball_loss_by_hand() -> None:
    target = np.array([[100.0], [200.0]], np.float32)
    predicted = np.array([[90.0, 100.0, 110.0], [210.0, 190.0, 260.0]], np.float32)
    # Row 1: 0.1 * 10, 0, 0.1 * 10; row 2: 0.9 * 10, 0.5 * 10, 0.1 * 60.
    wanted = (1 + 0 + 1 + 9 + 5 + 6) / 6
    assert float(pinball_loss(target, predicted)) == pytest.approx(wanted, rel=1e-6)


def test_pinball_loss_is_least_at_the_quantiles() -> None:
    target = np.random.default_rng(1).normal(0, 1, (20_001, 1)).astype(np.float32)
    quantiles = np.quantile(target, [0.1, 0.5, 0.9]).astype(np.float32)

    def loss(shift: np.ndarray) -> float:
        return float(pinball_loss(target, np.tile(quantiles + shift.astype(np.float32), (len(target), 1))))

    for index in range(3):
        for step in (-0.1, 0.1):
            assert loss(np.eye(3)[index] * step) > loss(np.zeros(3))


def test_weighted_loss_by_hand() -> None:
    # Two rows, two members: energies, then weights.
    target = np.array([[10.0, 10.0, 1.0, 2.0], [20.0, 20.0, 3.0, 0.0]], np.float32)
    predicted = np.array([[11.0, 12.0], [19.0, 25.0]], np.float32)
    assert float(weighted_loss(target, predicted)) == pytest.approx((1 * 1 + 2 * 4 + 3 * 1 + 0 * 25) / 4)


def test_weighted_loss_ignores_rows_of_weight_0() -> None:
    energy = np.array([[10.0, 10.0], [20.0, 20.0]], np.float32)
    predicted = np.array([[11.0, 12.0], [19.0, 25.0]], np.float32)
    weights = np.array([[1.0, 2.0], [0.0, 0.0]], np.float32)
    before = float(weighted_loss(np.hstack([energy, weights]), predicted))
    energy[1] = 1e6
    assert float(weighted_loss(np.hstack([energy, weights]), predicted)) == before
    weights[1, 1] = 1.0
    assert float(weighted_loss(np.hstack([energy, weights]), predicted)) > before
