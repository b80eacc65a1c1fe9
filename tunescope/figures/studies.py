"""Studies beside one another."""

from typing import TYPE_CHECKING

from tunescope.analysis.comparison import StudyComparison, StudyResult, compare_studies
from tunescope.figures import style
from tunescope.figures.chart import Chart
from tunescope.figures.history import EMPTY
from tunescope.figures.wording import plain, scored

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_FRAME = 66
# Pixels that names, best scores and an axis that can be read take at least.
_WIDTH = 420
# Pixels of a row, and of all rows together as long as none gets lower than its name needs.
_ROW, _LEAST_ROW, _ROWS = 64, 24, 420
_MOST = 40
# Multiples of the golden ratio spread dots evenly whatever their number.
_GOLDEN, _SPREAD = 0.618034, 0.44


def draw(comparison: StudyComparison, dark: bool = False) -> "Figure":
    """A row a study: its trials as dots, their median as a line, the best as a diamond with its score."""
    results = _shown(comparison)
    if comparison.best is None:
        return style.sentence(EMPTY, dark)
    height = max(_LEAST_ROW, min(_ROW, _ROWS // len(results)))
    figure = style.blank(dark, _FRAME + height * len(results), showlegend=False, margin={"r": 72, "t": 12})
    figure.update_layout(meta={"min_width": _WIDTH})
    colours = style.colours([result.strategy for result in results], dark)
    for row, (result, colour) in enumerate(zip(results, colours, strict=True)):
        _add(figure, row, result, colour, height, style.theme(dark))
        if result.best is not None:
            figure.data[-1].text = [f"  <b>{scored(comparison.measure, result.best)}</b>"]
    scores = (score for result in results for score in result.scores)
    figure.update_xaxes(style.measure_axis(comparison.measure, scores), showgrid=True)
    if len(results) < len(comparison.studies):
        note = f"the best {len(results)} of {len(comparison.studies):,} studies"
        figure.update_xaxes(title_text=f"{figure.layout.xaxis.title.text} · {note}")
    figure.update_yaxes(
        tickvals=list(range(len(results))),
        ticktext=[plain(result.label) for result in results],
        tickfont={"size": 13, "color": style.theme(dark).ink},
        range=[len(results) - 0.5, -0.5],
        showgrid=False,
    )
    return figure


def _shown(comparison: StudyComparison) -> list[StudyResult]:
    """The studies, or of very many those with the best trials; in their order."""
    scored = [study for study in comparison.studies if study.best is not None]
    scored.sort(key=lambda study: -comparison.measure.sign * (study.best or 0.0))
    kept = {study.study for study in scored[:_MOST]}
    is_few = len(comparison.studies) <= _MOST
    return [study for study in comparison.studies if is_few or study.study in kept]


def _add(
    figure: "Figure", row: int, result: StudyResult, colour: str, height: int, look: style.Theme
) -> None:
    if result.best is None:
        figure.add_annotation(
            text="no finished trial", x=0, xref="paper", xanchor="left", y=row, showarrow=False
        )
        return
    figure.add_scatter(
        x=result.scores,
        y=[row + _SPREAD * (index * _GOLDEN % 1 - 0.5) for index in range(len(result.scores))],
        mode="markers",
        marker={"color": colour, "size": 7, "opacity": 0.45},
        hovertemplate="%{x}<extra></extra>",
    )
    figure.add_scatter(
        x=[result.median],
        y=[row],
        mode="markers",
        marker={"symbol": "line-ns", "size": round(0.4 * height), "line": {"color": look.ink, "width": 2}},
        hovertemplate="median %{x}<extra></extra>",
    )
    figure.add_scatter(
        x=[result.best],
        y=[row],
        mode="markers+text",
        marker={
            "symbol": "diamond",
            "color": colour,
            "size": 13,
            "line": {"color": look.paper, "width": 1.5},
        },
        textposition="middle right",
        textfont={"color": look.ink, "size": 13},
        cliponaxis=False,
        hovertemplate=f"best: trial {result.best_trial}<br>%{{x}}<extra></extra>",
    )


CHART = Chart(
    "studies",
    "Strategies compared",
    "Each dot is one finished trial, the upright line their median, the diamond the best of the study.",
    ("trials", "studies"),
    compare_studies,
    draw,
    is_measured=True,
)
