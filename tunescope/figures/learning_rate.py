"""Learning-rate policies: how accurate, how fast, and how the rate moves."""

from typing import TYPE_CHECKING

from tunescope.analysis.learning_rate import PolicyRanking, PolicyTrial, Schedules
from tunescope.figures import style
from tunescope.figures.wording import count, duration, percent, plain

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

EMPTY = "No deep model has been trained to its end yet"
NO_POLICY = "Choose a policy to see how its rate moves"
# Colours that eyes keep apart; those that did worse share a grey.
_COLOURED = 6
_ROW, _AROUND = 30, 80
_LOG_SPAN = 8.0
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


def draw_accuracies(ranking: PolicyRanking, dark: bool = False) -> "Figure":
    """A row a policy, a dot a trial on the axis of accuracy, a bar at the median, a line at the threshold."""
    if not ranking.by_accuracy:
        return style.sentence(EMPTY, dark)
    results = ranking.by_accuracy
    figure = style.blank(dark, height=_AROUND + _ROW * max(2, len(results)), showlegend=False)
    places = {one.policy: place for place, one in enumerate(results)}
    figure.add_scatter(
        x=[one.accuracy for one in ranking.trials],
        y=[places[one.policy] for one in ranking.trials],
        mode="markers",
        marker={"color": style.faded(style.theme(dark).accent, 0.5), "size": 9},
        text=[_about(one) for one in ranking.trials],
        hovertemplate="%{text}<extra></extra>",
    )
    figure.add_scatter(
        x=[one.median for one in results],
        y=list(range(len(results))),
        mode="markers",
        marker={"symbol": "line-ns", "size": 18, "line": {"width": 3, "color": style.theme(dark).ink}},
        text=[
            f"<b>{plain(one.policy)}</b><br>median of {count(one.trials, 'trial')}: {percent(one.median)}"
            for one in results
        ],
        hovertemplate="%{text}<extra></extra>",
    )
    _mark_threshold(figure, ranking.threshold, dark)
    figure.update_yaxes(
        tickvals=list(range(len(results))),
        ticktext=[plain(one.policy) for one in results],
        range=[len(results) - 0.5, -0.5],
        showgrid=False,
    )
    figure.update_xaxes(style.accuracy_axis("Validation accuracy", [one.accuracy for one in ranking.trials]))
    return figure


def draw_times(ranking: PolicyRanking, dark: bool = False) -> "Figure":
    """Accuracy against training time; the best policies in colours of their own."""
    if not ranking.by_accuracy:
        return style.sentence(EMPTY, dark)
    figure = style.blank(dark)
    names = [one.policy for one in ranking.by_accuracy]
    colours = style.colours([None] * len(names), dark)
    for place, name in enumerate(names):
        _add_times(figure, ranking, name, colours[place] if place < _COLOURED else None, dark)
    seconds = [one.seconds for one in ranking.trials]
    is_log = min(seconds) > 0 and max(seconds) > _LOG_SPAN * min(seconds)
    figure.add_hline(y=ranking.threshold, line=_threshold_line(dark))
    figure.update_xaxes(title_text="Training time (seconds)", type="log" if is_log else "linear")
    if is_log:
        figure.update_xaxes(dtick="D2" if max(seconds) < 100 * min(seconds) else 1, tickformat="~g")
    figure.update_yaxes(style.accuracy_axis("Validation accuracy", [one.accuracy for one in ranking.trials]))
    return figure


def draw_schedules(schedules: Schedules, dark: bool = False) -> "Figure":
    """A line a policy: the rate as a share of its highest, over the training."""
    if not schedules.lines:
        return style.sentence(NO_POLICY, dark)
    figure = style.blank(dark)
    colours = style.colours([None] * len(schedules.lines), dark)
    for place, line in enumerate(schedules.lines):
        figure.add_scatter(
            x=line.shares,
            y=line.rates,
            mode="lines",
            name=plain(line.policy),
            line={"color": colours[place], "width": 2.5, "dash": _DASHES[place % len(_DASHES)]},
            hovertemplate="%{y:.1%} of the highest rate at %{x:.0%}<extra>%{fullData.name}</extra>",
        )
    figure.update_xaxes(style.percent_axis("Share of the training"))
    figure.update_yaxes(style.percent_axis("Share of the highest rate"), range=[-0.03, 1.05])
    return figure


def _add_times(figure: "Figure", ranking: PolicyRanking, name: str, colour: str | None, dark: bool) -> None:
    trials = [one for one in ranking.trials if one.policy == name]
    figure.add_scatter(
        x=[one.seconds for one in trials],
        y=[one.accuracy for one in trials],
        mode="markers",
        name=plain(name),
        marker={
            "color": colour or style.colour("WAITING", dark),
            "opacity": 1.0 if colour else 0.45,
            "symbol": style.symbol(name),
            "size": 9,
            "line": {"color": style.theme(dark).paper, "width": 1},
        },
        showlegend=colour is not None,
        text=[_about(one) for one in trials],
        hovertemplate="%{text}<extra></extra>",
    )


def _about(one: PolicyTrial) -> str:
    where = f"<b>{plain(one.study)} #{one.number}</b>"
    what = f"{plain(one.policy)}, {plain(one.model)}"
    return f"{where}<br>{what}: {percent(one.accuracy)} in {duration(one.seconds)}"


def _mark_threshold(figure: "Figure", threshold: float, dark: bool) -> None:
    figure.add_vline(x=threshold, line=_threshold_line(dark))


def _threshold_line(dark: bool) -> dict[str, object]:
    return {"color": style.theme(dark).quiet, "width": 1.5, "dash": "dot"}
