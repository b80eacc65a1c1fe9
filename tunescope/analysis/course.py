"""How the searches of a run got better: accuracies and the best so far, study by study."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tunescope.analysis.selection import ENDED, complete, labels, picked, text_or_none, thinned


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
        accuracies: validation accuracies.
        best: best of the accuracies so far.
    """

    study: str
    label: str
    strategy: str | None
    numbers: tuple[int, ...]
    models: tuple[str, ...]
    seconds: tuple[float, ...]
    positions: tuple[int, ...]
    accuracies: tuple[float, ...]
    best: tuple[float, ...]


@dataclass(frozen=True)
class Course:
    """One line for each study that has a complete trial; ``left_out`` trials are too many to show."""

    lines: tuple[CourseLine, ...]
    left_out: int = 0


def course(trials: pd.DataFrame, limit: int = 1000) -> Course:
    """Follow each study of a trials frame.

    Where a study has more than ``limit`` complete trials, those that were better than all before are kept,
    and an even selection of the others.
    """
    ended = trials[trials["state"].isin(ENDED)].sort_values(["end", "trial_id"], kind="stable")
    origin = trials.groupby(trials["run_id"].fillna(trials["study"]))["start"].transform("min")
    ended = ended.assign(
        elapsed=(ended["end"] - origin).dt.total_seconds() if len(ended) else 0.0,
        position=ended.groupby("study").cumcount() + 1,
    )
    rows, names = complete(ended), labels(trials)
    order = [study for study in trials["study"].unique() if study in set(rows["study"])]
    lines = tuple(_line(study, names[study], rows[rows["study"] == study], limit) for study in order)
    return Course(lines, left_out=len(rows) - sum(len(line.numbers) for line in lines))


def _line(study: str, label: str, rows: pd.DataFrame, limit: int) -> CourseLine:
    accuracies = rows["validation_accuracy"].astype(float).tolist()
    best = np.maximum.accumulate(accuracies).tolist()
    records = [0, *(index for index in range(1, len(best)) if best[index] > best[index - 1])]
    kept = thinned(len(rows), limit, records)
    return CourseLine(
        study=study,
        label=label,
        strategy=text_or_none(rows["strategy"].iloc[0]),
        numbers=picked(rows["number"].tolist(), kept),
        models=picked(rows["model"].tolist(), kept),
        seconds=picked(rows["elapsed"].tolist(), kept),
        positions=picked(rows["position"].tolist(), kept),
        accuracies=picked(accuracies, kept),
        best=picked(best, kept),
    )
