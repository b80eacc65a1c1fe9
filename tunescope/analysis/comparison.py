"""What each study of a run came to."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tunescope.analysis.measures import ACCURACY, Measure
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
        best: best score of its complete trials, None without one.
        median: median of their scores.
        best_trial: number of the trial that was best (of equal ones the first that ended).
        seconds: how long it searched, None where nobody entered it.
        trials_to_best: how many of its trials had ended when the best one did.
        seconds_to_best: from the start of its first trial to the end of the best one.
        stopped_because: why it ended, None while it runs.
        scores: scores of its complete trials, ascending; a selection where there are many.
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
    scores: tuple[float, ...]


@dataclass(frozen=True)
class StudyComparison:
    """One result a study, in the order in which they were made."""

    studies: tuple[StudyResult, ...]
    measure: Measure = ACCURACY

    @property
    def best(self) -> StudyResult | None:
        """The study with the best trial; of equal ones the first."""
        scored = [study for study in self.studies if study.best is not None]
        return max(scored, key=lambda study: self.measure.sign * (study.best or 0.0), default=None)


def compare_studies(
    trials: pd.DataFrame, studies: pd.DataFrame, limit: int = 4000, measure: Measure = ACCURACY
) -> StudyComparison:
    """Compare studies by their trials; ``limit`` is how many scores are kept, of all studies together."""
    return StudyComparison(tuple(_results(trials, studies, limit, measure)), measure)


def _results(
    trials: pd.DataFrame, studies: pd.DataFrame, limit: int, measure: Measure
) -> Iterator[StudyResult]:
    names, limit = labels(studies), max(min(20, limit), limit // max(1, len(studies)))
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
            **_scores(rows, limit, measure),
        )


def _scores(rows: pd.DataFrame, limit: int, measure: Measure) -> dict[str, Any]:
    scored = complete(rows, measure).sort_values(["end", "trial_id"], kind="stable")
    if scored.empty:
        empty = ("best", "median", "best_trial", "trials_to_best", "seconds_to_best")
        return {**dict.fromkeys(empty), "scores": ()}
    scores = scored[measure.column].astype(float)
    place = int((measure.sign * scores).argmax())
    best = scored.iloc[place]
    return {
        "best": float(scores.iloc[place]),
        "median": float(scores.median()),
        "best_trial": int(best["number"]),
        "trials_to_best": int((rows["end"] <= best["end"]).sum()),
        "seconds_to_best": (best["end"] - rows["start"].min()).total_seconds(),
        "scores": picked(sorted(scores.tolist()), evenly(len(scores), limit)),
    }


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)
