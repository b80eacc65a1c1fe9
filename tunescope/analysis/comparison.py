"""What each study of a run came to."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tunescope.analysis.selection import complete, evenly, labels, picked, text_or_none


@dataclass(frozen=True)
class StudyResult:
    """One study.

    Attributes:
        study: name of the study.
        label: what to call it.
        strategy: its strategy, None for a study that Tunescope did not make.
        trials: number of its trials, in any state.
        complete: number of those trained to their end.
        pruned: number of those stopped early.
        failed: number of those that failed.
        best: best validation accuracy of its complete trials, None without one.
        median: median of their validation accuracies.
        best_trial: number of the trial that was best (of equal ones the first that ended).
        seconds: how long it searched, None where nobody entered it.
        trials_to_best: how many of its trials had ended when the best one did.
        seconds_to_best: from the start of its first trial to the end of the best one.
        stopped_because: why it ended, None while it runs.
        accuracies: validation accuracies of its complete trials, ascending; a selection where there are many.
    """

    study: str
    label: str
    strategy: str | None
    trials: int
    complete: int
    pruned: int
    failed: int
    best: float | None
    median: float | None
    best_trial: int | None
    seconds: float | None
    trials_to_best: int | None
    seconds_to_best: float | None
    stopped_because: str | None
    accuracies: tuple[float, ...]


@dataclass(frozen=True)
class StudyComparison:
    """One result a study, in the order in which they were made."""

    studies: tuple[StudyResult, ...]

    @property
    def best(self) -> StudyResult | None:
        """The study with the most accurate trial; of equal ones the first."""
        scored = [study for study in self.studies if study.best is not None]
        return max(scored, key=lambda study: study.best or 0.0, default=None)


def compare_studies(trials: pd.DataFrame, studies: pd.DataFrame, limit: int = 400) -> StudyComparison:
    """Compare studies by their trials; ``limit`` is how many accuracies of each are kept."""
    return StudyComparison(tuple(_results(trials, studies, limit)))


def _results(trials: pd.DataFrame, studies: pd.DataFrame, limit: int) -> Iterator[StudyResult]:
    names = labels(studies)
    for row in studies.to_dict("records"):
        rows = trials[trials["study"] == row["study"]]
        counts = rows["state"].value_counts()
        yield StudyResult(
            study=row["study"],
            label=names[row["study"]],
            strategy=text_or_none(row["strategy"]),
            trials=len(rows),
            complete=int(counts.get("COMPLETE", 0)),
            pruned=int(counts.get("PRUNED", 0)),
            failed=int(counts.get("FAIL", 0)),
            seconds=_number(row["seconds"]),
            stopped_because=text_or_none(row["stopped_because"]),
            **_scores(rows, limit),
        )


def _scores(rows: pd.DataFrame, limit: int) -> dict[str, Any]:
    scored = complete(rows).sort_values(["end", "trial_id"], kind="stable")
    if scored.empty:
        empty = ("best", "median", "best_trial", "trials_to_best", "seconds_to_best")
        return {**dict.fromkeys(empty), "accuracies": ()}
    accuracies = scored["validation_accuracy"].astype(float)
    best = scored.iloc[int(accuracies.argmax())]
    return {
        "best": float(accuracies.max()),
        "median": float(accuracies.median()),
        "best_trial": int(best["number"]),
        "trials_to_best": int((rows["end"] <= best["end"]).sum()),
        "seconds_to_best": (best["end"] - rows["start"].min()).total_seconds(),
        "accuracies": picked(sorted(accuracies.tolist()), evenly(len(accuracies), limit)),
    }


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)
