"""What the curve needs beyond pieces of equally many hours: steps and bends over load, drivers that act with it.

Another compressor starts, anti-surge opens, warm water costs more at high load: no sum of joined pieces holds the first
or the last, and pieces of equally many hours join anywhere but where the curve bends. Such terms are looked for by
least squares, as one more column of the additive part. Looking among many finds some by chance: each member looks in
the hours that it learns from, and what it finds is judged in the stretch that it leaves out. A term that gains there
beyond chance, and is worth it, is kept, and the next one is looked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from elc.dataset import LEAST_WEEKS
from elc.fields import AGE, TIME
from elc.settings import TrainSettings
from elc.train.additive import fit_lines
from elc.train.basis import Array, InputScale, Pieces, Term, build_additive, build_bounds, build_scale
from elc.train.folds import Gain, build_folds, measure_gain, number_blocks
from elc.train.network import QUANTILES
from elc.train.recency import Recency

PLACES = 100  # with equally many loads between them, where one is looked for; then as many beside the best of them
MOST = 4  # ASSUME: a plant's history tells no more of them apart
LEAST_GAIN = 0.02  # ASSUME: of the loss of best: what a term costs that chance found
LEAST_OWN = (
    5e-4,
    1e-5,
)  # ASSUME: variance of a step, and of other terms, that no column has yet; with less it is a guess
RIDGE = 1e-6


@dataclass(frozen=True)
class Terms:
    """The terms of the additive part beyond its pieces, in the order of what they gain; loads as throughput has them.

    `tried` is the last of all that were tried, None if there was none, and `gain` what it gains on hours that a member
    did not learn from, by week: a share of energy; `is_kept` says whether it is the last of `found`.
    """

    found: tuple[Term, ...]
    tried: Term | None
    gain: Gain
    is_kept: bool
    columns: tuple[str, ...]

    def scale(self, scale: InputScale) -> list[Term]:
        """Give them as the scaled load has them."""
        return [replace(term, load=scale.scale_load(term.load)) for term in self.found]

    def describe(self) -> str:
        """Say what was chosen, and why, in a sentence."""
        if self.tried is None:
            return f"{self.gain.blocks} weeks cannot tell where the curve bends or steps over load."
        gain = f"{self.gain.mean:+.4%} of energy on hours that a member was not trained on (t = {self.gain.t:.1f})"
        known = self._name(self.found)
        if self.is_kept:
            return f"Besides its pieces the additive part has {known}: the last of these gains {gain}."
        begin = f"Besides its pieces the additive part has {known}" if known else "Pieces are all of the additive part"
        return f"{begin}: {self._name([self.tried])}, the best of what else was tried, gains {gain}."

    def _name(self, terms: Sequence[Term]) -> str:
        names = [
            f"`{self.columns[term.driver]}` acting with load"
            if term.kind == "pair"
            else f"a {term.kind} at a load of {term.load:.4g}"
            for term in terms
        ]
        return ", ".join(names)


NO_TERMS = Terms((), None, Gain(0.0, 0.0, 0), False, ())


def choose_terms(
    hours: pd.DataFrame,
    columns: list[str],
    signs: dict[str, int],
    target: Array,
    pieces: list[int],
    settings: TrainSettings,
    recency: Recency,
) -> Terms:
    """Choose the terms that the additive part has beyond its pieces.

    Args:
        hours: in time order, no column missing.
        columns: what best is found from: load and drivers.
        signs: columns that energy never falls (1) or never rises (-1) with.
        target: (rows,), ln(SEC) of the hours.
        pieces: straight pieces in which each column is seen.
        settings: of training.
        recency: how fast hours lose weight.
    """
    weights, is_judge = recency.weigh(hours[TIME]), recency.find_judges(hours[TIME])
    folds = build_folds(weights, settings.members)
    blocks = number_blocks(hours[TIME], settings.block_days)[is_judge]
    terms = replace(NO_TERMS, gain=Gain(0.0, 0.0, len(np.unique(blocks))), columns=tuple(columns))
    if terms.gain.blocks < LEAST_WEEKS:
        return terms
    search = _Search(hours, columns, signs, target, pieces)
    seen = [weights * (folds != member) for member in range(settings.members)]
    found: list[Term] = []
    by_member: list[list[Term]] = [[] for _ in seen]
    before = search.judge(seen, by_member)
    while len(found) < MOST:
        found = [*found, search.find(weights, found)]
        by_member = [[*own, search.find(part, own)] for part, own in zip(seen, by_member, strict=True)]
        after = search.judge(seen, by_member)
        gain, tried = measure_gain((before - after)[is_judge], blocks), search.read(found[-1])
        if not (gain.is_sure and gain.mean > LEAST_GAIN * before[is_judge].mean()):
            return replace(terms, tried=tried, gain=gain, is_kept=False)
        terms = replace(terms, found=(*terms.found, tried), tried=tried, gain=gain, is_kept=True)
        before = after
    return terms


class _Search:
    """The additive part of n hours, and how well it does with terms at places of the scaled load."""

    def __init__(
        self, hours: pd.DataFrame, columns: list[str], signs: dict[str, int], target: Array, pieces: list[int]
    ) -> None:
        features = hours[columns].to_numpy(np.float64)
        self._scale = build_scale(features)
        self._scaled = self._scale.apply(features)
        self._pieces = pieces
        self._spread = float(target.std())
        self._target = (target - target.mean()) / self._spread
        # How far a plant ages beyond what it has shown is a guess: it acts with nothing.
        self._drivers = [index for index, name in enumerate(columns) if index and name != AGE]
        signed = np.array([signs.get(name, 0) for name in columns])
        signed[0] = 0  # of specific energy, which falls as load rises
        self._low, self._high = np.where(signed > 0, 0.0, -np.inf), np.where(signed < 0, 0.0, np.inf)

    def read(self, term: Term) -> Term:
        """Read a term of the scaled load as one of the load."""
        return replace(term, load=float(np.exp(self._scale.centre[0] + self._scale.spread[0] * term.load)))

    def find(self, weights: Array, others: list[Term]) -> Term:
        """Find what leaves the least squared error with the others: among all loads, then beside the best of them."""
        loads = np.unique(self._scaled[weights > 0, 0])
        places = (loads[:-1] + loads[1:]) / 2 if len(loads) > 1 else loads
        coarse = _thin(places)
        best = self._find_best(weights, others, coarse)
        if best.kind == "pair":
            return best
        index = int(np.searchsorted(coarse, best.load))
        low, high = coarse[max(index - 1, 0)], coarse[min(index + 1, len(coarse) - 1)]
        return self._find_best(weights, others, _thin(places[(places >= low) & (places <= high)]))

    def judge(self, seen: list[Array], by_member: list[list[Term]]) -> Array:
        """The pinball loss of best (n,) as the member predicts it that did not learn from the hour: a share of energy.

        Args:
            seen: (n,) for each member, how much each hour counts.
            by_member: the terms that each has found.
        """
        quantile = QUANTILES[0]
        loss = np.empty(len(self._target))
        for weights, terms in zip(seen, by_member, strict=True):
            pieces = self._build(terms)
            columns, is_seen = pieces.apply(self._scaled), weights > 0
            learnt = columns[is_seen], self._target[is_seen], weights[is_seen]
            found = fit_lines(*learnt, quantile, *build_bounds(pieces, self._low, self._high), pieces.sides)
            error = (self._target - found[0] - np.einsum("np,p->n", columns, found[1:]))[~is_seen]
            loss[~is_seen] = self._spread * np.maximum(quantile * error, (quantile - 1) * error)
        return loss

    def _build(self, terms: list[Term]) -> Pieces:
        return build_additive(self._scaled, self._pieces, terms, self._scale.step_width)

    def _find_best(self, weights: Array, others: list[Term], places: Array) -> Term:
        """Find which of all terms lowers the mean squared error most; steps and bends are at one of the places."""
        root = np.sqrt(weights / weights.sum())[:, None]
        columns = self._build(others).apply(self._scaled)
        known = root * np.concatenate([np.ones_like(root), columns], axis=1)
        normal = known.T @ known + RIDGE * np.eye(known.shape[1])
        error = root[:, 0] * self._target
        error = error - known @ np.linalg.solve(normal, known.T @ error)
        terms, values, low, high = self._list_terms(places)
        new = root * values
        shared = known.T @ new
        own = (new**2).sum(axis=0) - (shared * np.linalg.solve(normal, shared)).sum(axis=0)
        least = np.array([LEAST_OWN[term.kind != "step"] for term in terms])
        size = np.clip(new.T @ error, low, high)
        return terms[int(np.where(own > least, size**2 / np.maximum(own, least), 0.0).argmax())]

    def _list_terms(self, places: Array) -> tuple[list[Term], Array, Array, Array]:
        """All terms (t) with their columns (n, t), and between what their coefficients lie (t,)."""
        terms = [Term(kind, float(place)) for kind in ("step", "bend") for place in places]
        terms += [Term("pair", driver=driver) for driver in self._drivers]
        beyond = self._scaled[:, :1] - places
        pieces = self._build(terms[2 * len(places) :])
        first = len(pieces.start) - pieces.pairs
        values = [beyond > 0, np.maximum(beyond, 0.0), pieces.apply(self._scaled)[:, first:]]
        up, free = np.zeros(len(places)), np.full(len(places), np.inf)
        low, high = (bounds[first:] for bounds in build_bounds(pieces, self._low, self._high))
        return (
            terms,
            np.concatenate(values, axis=1),
            np.concatenate([up, -free, low]),
            np.concatenate([free, free, high]),
        )


def _thin(places: Array) -> Array:
    ranks = np.linspace(0, len(places) - 1, PLACES + 2)[1:-1].round().astype(np.int64)
    return np.asarray(places[np.unique(ranks)])
