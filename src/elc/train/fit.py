"""Fit the two networks on a plant's split; the validation part decides when to stop, nothing else."""

from __future__ import annotations

from dataclasses import dataclass

import keras
import numpy as np
import pandas as pd

from elc.dataset import Split
from elc.fields import ENERGY
from elc.settings import TagList, TrainSettings
from elc.train.network import Array, build_curve, build_response, pinball_loss, set_seed, weighted_loss


@dataclass(frozen=True)
class Fit:
    """A fitted network and its learning curve (epochs; loss and val_loss, in GJ/h)."""

    model: keras.Model
    history: pd.DataFrame


def fit_curve(split: Split, tags: TagList, settings: TrainSettings) -> Fit:
    """Fit the quantile curve on throughput and drivers only."""
    set_seed(settings.seed)
    columns = tags.features
    train, valid = _read_arrays(split.train, columns), _read_arrays(split.valid, columns)
    model = build_curve(*train, settings)
    return _fit(model, train, valid, pinball_loss, settings)


def fit_response(split: Split, tags: TagList, settings: TrainSettings) -> Fit:
    """Fit the response of energy to drivers and set-points: an ensemble on bootstrap weights.

    Hours without all set-points are left out. The first member sees every hour alike.
    """
    set_seed(settings.seed + 1)
    columns = tags.features + tags.columns("setpoint")
    train = _read_arrays(split.train.dropna(subset=columns), columns)
    valid = _read_arrays(split.valid.dropna(subset=columns), columns)
    model = build_response(*train, settings)
    rng = np.random.default_rng(settings.seed)
    weights = rng.poisson(1.0, (len(train[1]), settings.members)).astype(np.float32)
    weights[:, 0] = 1.0
    return _fit(
        model,
        (train[0], _stack(train[1], weights)),
        (valid[0], _stack(valid[1], np.ones((len(valid[1]), settings.members), np.float32))),
        weighted_loss,
        settings,
    )


def _stack(energy: Array, weights: Array) -> Array:
    return np.concatenate([np.repeat(energy[:, None], weights.shape[1], axis=1), weights], axis=1)


def _read_arrays(frame: pd.DataFrame, columns: list[str]) -> tuple[Array, Array]:
    return frame[columns].to_numpy(np.float32), frame[ENERGY].to_numpy(np.float32)


def _fit(
    model: keras.Model,
    train: tuple[Array, Array],
    valid: tuple[Array, Array],
    loss: object,
    settings: TrainSettings,
) -> Fit:
    scale = float(np.std(train[1][..., 0] if train[1].ndim > 1 else train[1]))
    optimizer = keras.optimizers.AdamW(settings.learning_rate, weight_decay=settings.weight_decay, clipnorm=scale)
    model.compile(optimizer=optimizer, loss=loss)
    targets = [part[1] if part[1].ndim > 1 else part[1][:, None] for part in (train, valid)]
    fitted = model.fit(
        train[0],
        targets[0],
        validation_data=(valid[0], targets[1]),
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        callbacks=[
            keras.callbacks.EarlyStopping(patience=settings.patience, restore_best_weights=True),
            keras.callbacks.ReduceLROnPlateau(patience=max(settings.patience // 3, 1), factor=0.5),
        ],
        verbose=0,
    )
    history = pd.DataFrame({name: fitted.history[name] for name in ("loss", "val_loss")})
    return Fit(model, history)
