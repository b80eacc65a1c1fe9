"""The page itself: figures and facts put into the templates."""

import json
import os
import re
from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from tunescope.figures import CHARTS, style, wording
from tunescope.figures.confusion import draw as draw_confusion
from tunescope.figures.learning_curves import draw_training
from tunescope.report.collecting import SHOWN_MISTAKES, collect
from tunescope.report.data import ReportData
from tunescope.report.pictures import embedded
from tunescope.store import Store

FILE = "report.html"
# Lists longer than these are cut, and say so: the files beside the report hold all of it.
MOST_FINDINGS, MOST_FAILURES, MOST_TRIALS, MOST_CLASSES = 200, 50, 6, 24


def write_report(
    store: Store,
    run_id: str,
    summary: Mapping[str, Any],
    folder: str | Path,
    mistakes: int = SHOWN_MISTAKES,
) -> Path:
    """Write ``report.html`` of a run into a folder; returns its path.

    Raises:
        UnknownNameError: when the store has no such run.
    """
    path = Path(folder) / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{FILE}-{os.getpid()}")
    draft.write_text(render(collect(store, run_id, summary, mistakes)), encoding="utf-8")
    os.replace(draft, path)
    return path


def render(data: ReportData) -> str:
    """The page as HTML: one file with its style, scripts, pictures and figures; it needs no network."""
    figures = _figures(data)
    return (
        _environment()
        .get_template(FILE)
        .render(
            data=data,
            charts=CHARTS,
            heights={name: shades["light"]["layout"]["height"] for name, shades in figures.items()},
            widths={name: _least_width(shades["light"]) for name, shades in figures.items()},
            figures=_script_safe(json.dumps(figures, separators=(",", ":"))),
            plotly=_plotly(),
            config=json.dumps(style.CONFIG),
            font=Markup(_font()),
            findings=_findings(data.quality),
            tree=_tree(data),
            most_findings=MOST_FINDINGS,
            most_failures=MOST_FAILURES,
            most_trials=MOST_TRIALS,
            most_classes=MOST_CLASSES,
        )
    )


def _figures(data: ReportData) -> dict[str, dict[str, Any]]:
    """Each figure as plotly takes it, for light and for dark pages."""
    drawn = {name: (CHARTS[name].draw, computed) for name, computed in data.charts.items()}
    if data.winner and data.winner.curve:
        drawn["training"] = (draw_training, data.winner.curve)
    if data.winner and data.winner.confusion:
        drawn["confusion"] = (draw_confusion, data.winner.confusion)
    return {
        name: {shade: _plain(draw(computed, dark=dark)) for shade, dark in (("light", False), ("dark", True))}
        for name, (draw, computed) in drawn.items()
    }


def _plain(figure: Any) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(figure.to_json())
    return plain


def _least_width(figure: Mapping[str, Any]) -> int:
    return int(figure["layout"].get("meta", {}).get("min_width", 0))


def _script_safe(text: str) -> Markup:
    """JSON that cannot end the script element it stands in, whatever the names in it."""
    return Markup(text.replace("<", "\\u003c"))


@cache
def _plotly() -> Markup:
    from plotly.offline import get_plotlyjs

    return Markup(get_plotlyjs().replace("</script", "<\\/script"))


@cache
def _font() -> str:
    file = resources.files("tunescope.report") / "templates" / "inter-latin-wght-normal.woff2"
    return embedded("font/woff2", file.read_bytes())


def _findings(quality: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    """Finding, action, and how often they occur, the most frequent first; details are left out."""
    pairs = Counter(
        (finding["finding"].partition(": ")[0], finding["action"]) for finding in quality.get("findings", ())
    )
    return [(finding, action, times) for (finding, action), times in pairs.most_common()]


def _tree(data: ReportData) -> str:
    """The parameters to save as a file and run again, under an id that is free."""
    tree = {**data.parameters, "run": {"id": f"{data.run['run_id']}-again"}}
    return yaml.safe_dump({"run": {"params": tree}}, sort_keys=False, allow_unicode=True)


def _breakable(name: str) -> Markup:
    """A name that may go on in the next line after each of its parts."""
    return Markup(re.sub(r"([/_.-])", r"\1<wbr>", str(escape(name))))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("tunescope.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = ("percent", "interval", "duration", "number", "memory", "count")
    environment.filters |= {name: getattr(wording, name) for name in filters}
    environment.filters["breakable"] = _breakable
    environment.tests["missing"] = wording.is_missing
    return environment
