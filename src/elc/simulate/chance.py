"""What chance gives a simulated plant, in blocks that go on from each other: more days never change earlier ones."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from elc.simulate.physics import Array

# A block is drawn whole, however few of its days are asked for. Other lengths give other plants: the two years of the
# demo are the first block.
BLOCK_DAYS = 731
BLOCK_H = BLOCK_DAYS * 24


def count_blocks(days: int) -> int:
    """Count the blocks that hold so many days from the start."""
    return -(-days // BLOCK_DAYS)


@dataclass
class Chance:
    """The draws of one plant's hours, and where everything that has a memory stood when the block before ended.

    `last`: value of each walk, of the load and of the totaliser; `stops` (first hour of the block, hours): not over;
    `habits` (crews, set-points): drawn once.
    """

    seed: int
    number: int = 0
    last: dict[str, float] = field(default_factory=dict)
    stops: list[tuple[int, int]] = field(default_factory=list)
    habits: Array | None = None

    def begin(self, number: int) -> None:
        """Begin a block, with draws of its own."""
        self.number = number
        self.rng = np.random.default_rng([self.seed, 0, number])

    @property
    def hours(self) -> NDArray[np.int64]:
        """The block's hours, counted from the plant's first."""
        return self.number * BLOCK_H + np.arange(BLOCK_H)

    def wander(self, name: str, memory_h: float) -> Array:
        """Draw a stationary first-order random walk of unit variance; it goes on where the one of that name ended."""
        from scipy.signal import lfilter  # as slow to import as all else: only where something is drawn

        keep = np.exp(-1 / memory_h)
        steps = self.rng.normal(0, np.sqrt(1 - keep**2), BLOCK_H)
        if name in self.last:
            steps[0] += keep * self.last[name]
        else:
            steps[0] /= np.sqrt(1 - keep**2)
        walk = np.asarray(lfilter([1.0], [1.0, -keep], steps))
        self.last[name] = float(walk[-1])
        return walk
