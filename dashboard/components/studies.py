"""Studies side by side."""

from typing import Any

from dash import html

from dashboard import links
from dashboard.components.basics import link
from dashboard.components.notices import blank
from dashboard.components.tables import Column, table
from dashboard.wording import count, duration
from tunescope.analysis.comparison import StudyComparison, StudyResult
from tunescope.figures.wording import ending, scored

_COLUMNS = (
    Column("Study"),
    Column("Best", is_number=True),
    Column("Median", is_number=True),
    Column("Trials", is_number=True),
    Column("Pruned", is_number=True),
    Column("Failed", is_number=True),
    Column("Time", is_number=True),
    Column("Best after", is_number=True),
    Column("Ended because"),
)


def studies_table(comparison: StudyComparison, unended: str = "has not ended", has_best: bool = True) -> Any:
    """One line a study; the best accuracy stands out, unless they worked on different images (``has_best``).

    ``unended`` is what to say of one without an end.
    """
    if not comparison.studies:
        return blank("No study has begun yet.")
    best = comparison.best.best if comparison.best and has_best else None
    return table(
        "Studies compared",
        _COLUMNS,
        [_line(comparison, study, best, unended) for study in comparison.studies],
    )


def _line(comparison: StudyComparison, study: StudyResult, best: float | None, unended: str) -> list[Any]:
    is_best = study.best is not None and study.best == best
    return [
        link(study.label, links.trials(study=[study.study]), title=study.study),
        html.Span(scored(comparison.measure, study.best), className="best" if is_best else ""),
        scored(comparison.measure, study.median),
        count(study.trials),
        count(study.pruned),
        count(study.failed),
        duration(study.seconds),
        duration(study.seconds_to_best),
        ending(study.stopped_because) if study.stopped_because else unended,
    ]
