"""Tables of `/timing`: machines, what trials cost, trials that took too long."""

from typing import Any

from dash import html

from dashboard import links
from dashboard.components.basics import link
from dashboard.components.notices import blank
from dashboard.components.tables import Column, table
from dashboard.timing_view import TimingView
from dashboard.wording import NOTHING, count, duration, percent
from tunescope.analysis.measures import Measure
from tunescope.analysis.timing_machines import Machines
from tunescope.analysis.timing_outliers import Outlier, Outliers
from tunescope.analysis.timing_spending import BY, Spending, Spent
from tunescope.figures.wording import number, phase_name, scored

_MACHINES = (
    Column("Machine"),
    Column("Trials", is_number=True),
    Column("Training", is_number=True),
    Column("Images a second", is_number=True),
    Column("Use of its peak", is_number=True),
    Column("Watts", is_number=True),
)
_PAIRS = (
    Column("Faster"),
    Column("Slower"),
    Column("Times as fast", is_number=True),
    Column("From", is_number=True),
    Column("To", is_number=True),
    Column("Compared", is_number=True),
)
_OUTLIERS = (
    Column("Trial"),
    Column("Model"),
    Column("Took", is_number=True),
    Column("Times the median", is_number=True),
    Column("Why"),
)
# A network that needs so many times the median's work, or a device that was so much slower, tells enough.
_MORE_WORK, _SLOWER = 1.3, 0.8
_LEAST_MONEY = 0.001


def machines_part(found: Machines) -> Any:
    """What each machine did, and how those that trained the same compare."""
    if not found.used:
        return blank("No trial has ended yet.")
    rows = [
        [
            one.machine,
            count(one.trials),
            duration(one.seconds),
            number(one.images_per_second, 3),
            percent(one.utilisation),
            number(one.watts, 3),
        ]
        for one in found.used
    ]
    return html.Div([table("Machines", _MACHINES, rows), _pairs(found)])


def _pairs(found: Machines) -> Any:
    if not found.pairs:
        return html.P(
            "Two machines can be compared once both have trained the same model on the same dataset.",
            className="card-note",
        )
    rows = [
        [
            pair.faster,
            pair.slower,
            number(pair.ratio, 3),
            number(pair.low, 3),
            number(pair.high, 3),
            count(pair.cells, "setting"),
        ]
        for pair in found.pairs
    ]
    note = "A setting is one dataset, model and batch size that both trained; the first number is their mean."
    return html.Div(
        [
            html.H3("Machine against machine"),
            table("Machines in pairs", _PAIRS, rows),
            html.P(note, className="card-note"),
        ]
    )


def spending_part(found: Spending, view: TimingView, measure: Measure) -> Any:
    """Seconds, energy and money by group, and of all together."""
    if not found.whole.trials:
        return blank("No trial passes the filters.")
    columns = (
        Column(BY[view.by]),
        Column("Trials", is_number=True),
        Column("Training", is_number=True),
        Column("Energy", is_number=True),
        Column("Money", is_number=True),
        Column(f"Best {measure.noun}", is_number=True),
        Column("That trial alone", is_number=True),
    )
    rows = [_spent(one, view, measure) for one in (*found.groups, found.whole)]
    left = f"{count(found.left_out)} more, cheaper ones are not shown." if found.left_out else ""
    return html.Div(
        [
            table("What trials cost", columns, rows, "table-total"),
            html.P(f"{_energy_note(found.whole)} {left}", className="card-note"),
        ]
    )


def _spent(one: Spent, view: TimingView, measure: Measure) -> list[Any]:
    return [
        one.name,
        count(one.trials),
        duration(one.seconds),
        energy(one),
        money(one.money, view),
        NOTHING if one.best is None else scored(measure, one.best),
        money(one.best_money, view),
    ]


def energy(one: Spent) -> str:
    """Watt-hours, with a sign before those that are partly assumed."""
    if one.watt_hours is None:
        return NOTHING
    about = "about " if one.assumed else ""
    if one.watt_hours >= 1000:
        return f"{about}{number(one.watt_hours / 1000, 3)} kWh"
    return f"{about}{number(one.watt_hours, 3)} Wh"


def money(amount: float | None, view: TimingView) -> str:
    """An amount of money; a dash while no rate is set."""
    if amount is None or not (view.rates.hour or view.rates.kilowatt_hour):
        return NOTHING
    if 0 < amount < _LEAST_MONEY:
        return f"under {view.currency}{_LEAST_MONEY:g}"
    # Cents, and more digits only where cents would say nothing.
    return f"{view.currency}{amount:,.2f}" if amount >= 0.095 else f"{view.currency}{amount:,.3f}"


def _energy_note(whole: Spent) -> str:
    if whole.watt_hours is None:
        return (
            "Nobody measured energy here: a GPU tells what it draws, a CPU does not. "
            "Enter the watts of the machine to have it estimated."
        )
    if whole.assumed:
        return f"The energy of {percent(whole.assumed, 0)} of the time is estimated from the watts above."
    return "Energy is what the GPU measured of itself, without the rest of the machine."


def outliers_part(found: Outliers) -> Any:
    """Slow trials, each with what is known of its reason."""
    if not found.looked_at:
        return blank("Known once eight trials of one dataset, model, machine and batch size have ended.")
    if not found.shown:
        return blank(
            f"None: all {count(found.looked_at, 'trial')} took about as long as others of their kind."
        )
    rows = [
        [
            link(f"{one.study} #{one.number}", links.trial(one.study, one.number)),
            one.model,
            f"{duration(one.seconds)}{' an epoch' if one.is_epoch else ''}",
            f"{one.ratio:.1f}",
            " ".join(reasons(one)),
        ]
        for one in found.shown
    ]
    hidden = found.found - len(found.shown)
    more = html.P(f"{count(hidden, 'trial')} more are not shown.", className="card-note") if hidden else None
    return html.Div([table("Trials that took long", _OUTLIERS, rows), more])


def reasons(one: Outlier) -> list[str]:
    """What is known of why a trial took so long, a sentence each."""
    found = []
    if one.phase is not None:
        share = percent(one.phase_share, 0)
        found.append(f"{share} of the excess went into {phase_name(one.phase)}.")
    if one.work is not None and one.work >= _MORE_WORK:
        found.append(f"Its network computes {number(one.work, 2)} times as much for an image.")
    if one.peak is not None and one.peak <= _SLOWER:
        found.append(f"The device was slow or busy: its peak was {percent(one.peak, 0)} of the usual.")
    return [*found, *one.notes] or ["Nothing was measured that would tell."]
