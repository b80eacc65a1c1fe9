"""What mattered for accuracy, or another measure."""

from typing import TYPE_CHECKING

from tunescope.analysis.importance import Importance, ImportanceGroup, Influence, importance
from tunescope.analysis.selection import UNKNOWN_MODEL
from tunescope.figures import style
from tunescope.figures.chart import Chart
from tunescope.figures.history import EMPTY
from tunescope.figures.wording import count, number, percent, plain

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

_SHOWN, _BAR, _FRAME, _GAP = 8, 26, 40, 44


def draw(importance: Importance, dark: bool = False) -> "Figure":
    """Bars a group: the share of each hyperparameter in what decided."""
    groups = importance.groups
    if not groups:
        return style.sentence(EMPTY, dark)
    rows = [max(1, len(_shown(group))) for group in groups]
    plots = _BAR * sum(rows) + _GAP * (len(rows) - 1)
    figure = style.blank(
        dark,
        plots + _FRAME,
        {
            "rows": len(groups),
            "cols": 1,
            "shared_xaxes": True,
            "row_heights": rows,
            "vertical_spacing": _GAP / plots if len(rows) > 1 else 0,
            "subplot_titles": [_title(group) for group in groups],
        },
        showlegend=False,
        bargap=0.35,
        margin_t=28,
    )
    figure.update_annotations(x=0, xanchor="left", yshift=4)
    for row, group in enumerate(groups, start=1):
        _add(figure, row, group, dark)
    figure.update_xaxes(range=[0, 1.12], showticklabels=False, ticks="", showgrid=False, showline=False)
    figure.update_yaxes(showgrid=False, ticklabelstandoff=6)
    return figure


def _shown(group: ImportanceGroup) -> tuple[Influence, ...]:
    """Those that would not read as 0%, up to a handful."""
    return tuple(one for one in group.influences[:_SHOWN] if one.share >= 0.005)


def _title(group: ImportanceGroup) -> str:
    is_named = group.model not in (None, UNKNOWN_MODEL)
    name = plain(group.model) if is_named else "All models" if group.model is None else "All trials"
    return f"<b>{name}</b>, {count(group.trials, 'trial')}"


def _add(figure: "Figure", row: int, group: ImportanceGroup, dark: bool) -> None:
    shown = _shown(group)
    names = [_name(one.name, group.model) for one in shown]
    figure.add_bar(
        x=[one.share for one in shown],
        # Two long names may be cut to the same text, so the place of a bar is its rank.
        y=list(range(len(shown))),
        orientation="h",
        marker={
            "color": [style.colour(group.model or one.name.partition(".")[0], dark) for one in shown],
            "cornerradius": 3,
        },
        text=[f"{percent(one.share, 0)}" for one in shown],
        textposition="outside",
        textfont={"color": style.theme(dark).ink},
        cliponaxis=False,
        customdata=[plain(number(one.best)) for one in shown],
        hovertemplate="%{text} of the influence<br>best trial: %{customdata}<extra></extra>",
        row=row,
        col=1,
    )
    figure.update_yaxes(
        tickvals=list(range(len(shown))),
        ticktext=names,
        range=[max(1, len(shown)) - 0.5, -0.5],
        tickfont={"color": style.theme(dark).ink, "size": 13},
        row=row,
    )
    if group.remark:
        figure.add_annotation(text=group.remark, x=0, xanchor="left", y=0, showarrow=False, row=row, col=1)


def _name(name: str, model: str | None) -> str:
    return plain(name if model is None else name.removeprefix(f"{model}."))


CHART = Chart(
    "importance",
    "What mattered",
    "How much each hyperparameter decided whether a trial was among the best, as a share of all influence.",
    ("trials",),
    importance,
    draw,
    is_measured=True,
    needs_params=True,
)
