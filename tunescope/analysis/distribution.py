"""How the scores of trials are spread: the empirical distribution of each study."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tunescope.analysis.measures import ACCURACY, Measure
from tunescope.analysis.selection import complete, evenly, labels, picked, text_or_none


@dataclass(frozen=True)
class DistributionLine:
    """One study, or one strategy where there are many.

    Attributes:
        label: what to call it.
        strategy: its strategy, None for a study that Tunescope did not make.
        trials: how many complete trials it has.
        scores: scores, ascending; a selection where there are many.
        shares: share of its trials, 0 to 1, with that score or a lower one.
    """

    label: str
    strategy: str | None
    trials: int
    scores: tuple[float, ...]
    shares: tuple[float, ...]


@dataclass(frozen=True)
class Distribution:
    """One line a study; of more than ``most`` studies one a strategy."""

    lines: tuple[DistributionLine, ...]
    measure: Measure = ACCURACY


def distribution(
    trials: pd.DataFrame, measure: Measure = ACCURACY, most: int = 9, points: int = 300
) -> Distribution:
    """Compare the scores of complete trials.

    Args:
        trials: a trials frame.
        measure: what they are measured by.
        most: studies that have a line each; of more strategies than these, those with most trials have one.
        points: scores that are kept of each line.
    """
    rows = complete(trials, measure)
    names = labels(rows)
    if len(names) > most:
        names = {study: text_or_none(one) or "without a strategy" for study, one in _strategies(rows).items()}
    named = rows.assign(label=rows["study"].map(names))
    shown = named["label"].value_counts().index[:most]
    named = named[named["label"].isin(shown)]
    groups = named.groupby("label", sort=False) if len(named) else ()
    return Distribution(tuple(_line(str(label), own, measure, points) for label, own in groups), measure)


def _strategies(rows: pd.DataFrame) -> dict[str, object]:
    pairs = rows[["study", "strategy"]].drop_duplicates("study")
    return dict(zip(pairs["study"], pairs["strategy"], strict=True))


def _line(label: str, rows: pd.DataFrame, measure: Measure, points: int) -> DistributionLine:
    scores = np.sort(rows[measure.column].to_numpy(float))
    kept = evenly(len(scores), points)
    return DistributionLine(
        label=label,
        strategy=text_or_none(rows["strategy"].iloc[0]),
        trials=len(scores),
        scores=picked(scores.tolist(), kept),
        shares=tuple((index + 1) / len(scores) for index in kept),
    )
