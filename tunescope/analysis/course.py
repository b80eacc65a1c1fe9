"""How the searches of a run got better: scores and the best so far, study by study."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tunescope.analysis.measures import ACCURACY, Measure
from tunescope.analysis.selection import ENDED, complete, labels, picked, text_or_none, thinned

# Trials of a study that are kept however many studies there are.
_LEAST = 20


@dataclass(frozen=True)
class CourseLine:
    """The complete trials of one study in the order in which they ended; one value a trial in each tuple.

    Attributes:
        study: name of the study.
        label: what to call it.
        strategy: its strategy, None for a study that Tunescope did not make.
        numbers: trial numbers.
        models: models that the trials trained.
        seconds: from the start of the run's first trial to the end of the trial.
        positions: how many trials of the study had ended by then, pruned and failed ones too, counted from 1.
        scores: what they are measured by.
        best: best of the scores so far.
    """

    study: str
    label: str
    strategy: str | None
    numbers: tuple[int, ...]
    models: tuple[str, ...]
    seconds: tuple[float, ...]
    positions: tuple[int, ...]
    scores: tuple[float, ...]
    best: tuple[float, ...]


@dataclass(frozen=True)
class Course:
    """One line for each study that has a complete trial; ``left_out`` trials are too many to show."""

    lines: tuple[CourseLine, ...]
    left_out: int = 0
    measure: Measure = ACCURACY


def course(trials: pd.DataFrame, limit: int = 1500, measure: Measure = ACCURACY, most: int = 24) -> Course:
    """Follow each study of a trials frame.

    Studies share ``limit``: of one that has more complete trials than its share, those that were better than
    all before are kept, and an even selection of the others. Of more than ``most`` studies those with the
    best scores are kept.
    """
    ended = trials[trials["state"].isin(ENDED)].sort_values(["end", "trial_id"], kind="stable")
    origin = trials.groupby(trials["run_id"].fillna(trials["study"]))["start"].transform("min")
    ended = ended.assign(
        elapsed=(ended["end"] - origin).dt.total_seconds() if len(ended) else 0.0,
        position=ended.groupby("study").cumcount() + 1,
    )
    rows, names = complete(ended, measure), labels(trials)
    groups = {str(study): own for study, own in rows.groupby("study", sort=False)}
    best = (measure.sign * rows[measure.column].astype(float)).groupby(rows["study"], sort=False).max()
    shown = set(best.nlargest(most).index)
    order = [study for study in trials["study"].unique() if study in shown]
    share = max(min(_LEAST, limit), limit // max(1, len(order)))
    lines = tuple(_line(study, names[study], groups[study], share, measure) for study in order)
    return Course(lines, len(rows) - sum(len(line.numbers) for line in lines), measure)


def _line(study: str, label: str, rows: pd.DataFrame, limit: int, measure: Measure) -> CourseLine:
    scores = rows[measure.column].astype(float)
    best = (measure.sign * np.maximum.accumulate(measure.sign * scores.to_numpy())).tolist()
    records = [0, *(index for index in range(1, len(best)) if best[index] != best[index - 1])]
    kept = thinned(len(rows), limit, records)
    return CourseLine(
        study=study,
        label=label,
        strategy=text_or_none(rows["strategy"].iloc[0]),
        numbers=picked(rows["number"].tolist(), kept),
        models=picked(rows["model"].tolist(), kept),
        seconds=picked(rows["elapsed"].tolist(), kept),
        positions=picked(rows["position"].tolist(), kept),
        scores=picked(scores.tolist(), kept),
        best=picked(best, kept),
    )
