"""Which arm proposes the next trial: Thompson sampling on how often each arm's trials were good.

Thompson, 1933; with discounted counts for rewards that change, Raj and Kalyani, 2017.
"""

from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence

import numpy as np

# Successes and failures that each arm is credited with beforehand. The model begins ahead, because alone it
# had the best mean rank on the design tables; it has to lose its lead.
PRIORS: Mapping[str, tuple[float, float]] = {
    "model": (6.0, 1.0),
    "tpe": (1.0, 2.0),
    "neighbour": (1.0, 2.0),
    "random": (0.5, 4.0),
}
_DISCOUNT = 0.95  # what paid long ago counts less: after 14 trials of an arm, half
_GOOD_SHARE = 0.1


def rewards(scores: Sequence[float]) -> list[bool]:
    """Whether each trial was, when it ended, among the best tenth so far (larger is better).

    A trial that equals earlier ones gains nothing, so that a plateau pays nobody.
    """
    paid: list[bool] = []
    earlier: list[float] = []
    for score in scores:
        as_good = len(earlier) - bisect_left(earlier, score)
        paid.append(as_good < max(1, round(_GOOD_SHARE * len(earlier))))
        insort(earlier, score)
    return paid


def choose_arm(arms: Sequence[str | None], paid: Sequence[bool], rng: np.random.Generator) -> str:
    """Draw the arm for the next trial.

    Args:
        arms: who proposed each trial, oldest first; trials of others than the arms are passed over.
        paid: whether each trial was good.
        rng: of the draw.
    """
    counts = {arm: np.zeros(2) for arm in PRIORS}
    for arm, good in zip(arms, paid, strict=True):
        if arm in counts:
            counts[arm] = _DISCOUNT * counts[arm] + np.array([good, not good])
    draws = {arm: rng.beta(*(np.array(PRIORS[arm]) + counts[arm])) for arm in PRIORS}
    return max(draws, key=draws.__getitem__)
