"""What a run uses of its machine, as small charts."""

from datetime import timedelta
from typing import Any

from dash import html

from dashboard.components.charts import lean
from dashboard.components.notices import blank
from dashboard.reading import since
from dashboard.run_view import RunView
from dashboard.watching import Watch
from dashboard.wording import NOTHING, memory
from tunescope.analysis.usage import Used, usage
from tunescope.figures.usage import draw
from tunescope.store import live
from tunescope.store.schema import now

# Of a long run only the latest part is shown.
_MINUTES = 15
_FIRST_SECONDS = 15.0


def usage_part(watch: Watch, view: RunView, dark: bool) -> Any:
    """Processor, memory and GPUs over the last minutes; nothing for a run that nobody works on."""
    made_from = (view.run_id, view.row["heartbeat"] if view.is_live else None)
    return watch.costly(("usage", dark), made_from, lambda: _charts(watch, view, dark))


def _charts(watch: Watch, view: RunView, dark: bool) -> Any:
    if not view.is_live:
        return None
    store = watch.here.store()
    samples = live.resources_frame(store, view.run_id, now() - timedelta(minutes=_MINUTES))
    found = usage(samples, view.machine)
    if not found:
        is_young = since(view.row["started"]) < _FIRST_SECONDS
        text = "The first figures come within a few seconds."
        return html.P(text, className="muted") if is_young else blank("No figures were noted.")
    return html.Ul([_line(one, dark) for one in found], className="usage")


def _line(used: Used, dark: bool) -> html.Li:
    labels = [html.Span(used.name, className="usage-name"), html.Span(_amount(used), className="usage-value")]
    return html.Li([html.Div(labels, className="usage-head"), lean(draw(used, dark), used.name)])


def _amount(used: Used) -> str:
    if used.last != used.last:
        return NOTHING
    if used.unit == "bytes":
        return memory(used.last) + (f" of {memory(used.most)}" if used.most else "")
    if used.most and used.most > 100:
        return f"{used.last / 100:.1f} of {used.most / 100:.0f} cores"
    return f"{used.last:.0f}%"
