"""Statistics of shares."""

import math
from statistics import NormalDist


def wilson_interval(successes: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Bounds of a binomial share, such as the accuracy of ``successes`` right answers out of ``n``.

    Wilson's score interval (E. B. Wilson, Probable inference, 1927): unlike the textbook interval it stays
    within 0 and 1 and keeps its coverage for shares near them. Without any case nothing is known: (0.0, 1.0).

    Raises:
        ValueError: when ``successes`` is not within 0 and ``n``, or ``confidence`` not within 0 and 1.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"`successes` is {successes}, but must be at least 0 and at most `n`, which is {n}")
    if not 0 < confidence < 1:
        raise ValueError(f"`confidence` is {confidence}, but must be more than 0 and less than 1")
    if n == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, shrink = successes / n, 1 + z**2 / n
    centre = (share + z**2 / (2 * n)) / shrink
    half = z / shrink * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    # At 0 and n the exact bound is 0 and 1; rounding would leave it a hair off.
    return (0.0 if successes == 0 else centre - half, 1.0 if successes == n else centre + half)
