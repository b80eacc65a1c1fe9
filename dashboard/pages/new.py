"""`/new`: start a run."""

import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.exceptions import PreventUpdate

from dashboard import catalogue, connection, form, links, space_form
from dashboard.components import space_editor
from dashboard.components.basics import button, card, facts, fold, page_head, sentence
from dashboard.components.browser import in_browser
from dashboard.components.fields import entry, fault, values_of
from dashboard.components.notices import notice
from dashboard.form import Field, Values
from dashboard.launch import command_line
from dashboard.routing import Page
from dashboard.space_form import Edits
from dashboard.wording import NOTHING, count, duration, listing
from tunescope.errors import TunescopeError
from tunescope.store import frames, runs

_FIELD = {"type": "new-field", "key": ALL}
_FAULT = {"type": "new-fault", "key": ALL}
_EDIT_FAULT = {"type": space_editor.FAULT, "key": ALL}
_SPACE, _OPTION = ({"type": kind, "key": ALL} for kind in (space_editor.SPACE, space_editor.OPTION))
_REBUILDS = ("search.models", "features.extractors", "learning_rate.policy", "search.training.weights")


def layout(search: str = "") -> html.Div:
    """The form, filled as the project is configured, or like the run that ``?from=`` names.

    ``?source=`` and other keys of ``dataset`` fill their fields; ``?prepared=`` names a run that prepared the
    images, whose other choices about them are taken over.
    """
    query = {key: given[0] for key, given in parse_qs(search.lstrip("?")).items()}
    values, carried = _initial(query)
    edits = _edits(carried, values)
    return html.Div(
        [
            page_head("New run", "What to search, with what, and for how long."),
            html.Div([_fields(values, edits), _side(values, carried, edits)], className="form-split"),
            dcc.Store(id="new-carried", data=carried),
            dcc.Store(id="new-edits", data=edits),
            # One token a form: however often start is clicked, it starts one run.
            dcc.Store(id="new-token", data=uuid.uuid4().hex),
            dcc.Location(id="new-goto", refresh="callback-nav"),
        ]
    )


def register(app: Dash) -> None:
    """Check as one types, show the command, start."""
    _register_editor(app)
    _register_check(app)
    _register_start(app)


def _register_editor(app: Dash) -> None:
    @app.callback(
        Output("new-spaces", "children"),
        *(Input({"type": "new-field", "key": key}, "value") for key in _REBUILDS),
        State("new-edits", "data"),
        prevent_initial_call=True,
    )
    def show_spaces(*given: Any) -> Any:
        *chosen, edits = given
        return _spaces(dict(zip(_REBUILDS, chosen, strict=True)), edits or space_form.NO_EDITS)

    @app.callback(
        Output("new-options", "children"),
        Input({"type": "new-field", "key": "search.strategies"}, "value"),
        State("new-edits", "data"),
        prevent_initial_call=True,
    )
    def show_options(strategies: list[str] | None, edits: dict[str, Any] | None) -> Any:
        return space_editor.option_fields(strategies or [], edits or space_form.NO_EDITS)

    @app.callback(
        Output("new-edits", "data"),
        Input(_SPACE, "value"),
        Input(_OPTION, "value"),
        State(_SPACE, "id"),
        State(_OPTION, "id"),
        State(_FIELD, "value"),
        State(_FIELD, "id"),
        State("new-edits", "data"),
        prevent_initial_call=True,
    )
    def collect(
        spaces: list[Any],
        options: list[Any],
        space_ids: list[dict[str, str]],
        option_ids: list[dict[str, str]],
        entered: list[Any],
        ids: list[dict[str, str]],
        before: dict[str, Any] | None,
    ) -> Any:
        edits = space_form.collected(
            values_of(entered, ids),
            values_of(spaces, space_ids),
            values_of(options, option_ids),
            before or space_form.NO_EDITS,
        )
        return no_update if edits == before else edits


def _register_check(app: Dash) -> None:
    @app.callback(
        Output(_FAULT, "children"),
        Output("new-command", "children"),
        Output("new-plan", "children"),
        Output(_EDIT_FAULT, "children"),
        Input(_FIELD, "value"),
        Input("new-edits", "data"),
        State(_FIELD, "id"),
        State("new-carried", "data"),
        prevent_initial_call=True,
    )
    def check(
        entered: list[Any],
        edits: dict[str, Any] | None,
        ids: list[dict[str, str]],
        carried: dict[str, Any] | None,
    ) -> tuple[Any, ...]:
        values = values_of(entered, ids)
        kept = _kept(carried, values, edits)
        found = form.faults(values, kept)
        faults = [fault(found.get(one["key"])) for one in ids]
        edited = [fault(found.get(one["id"]["key"])) for one in ctx.outputs_list[3]]
        return faults, command_line(form.changed(values, kept)), _plan(values), edited

    @app.callback(
        Output("new-estimate", "children"),
        Input(_FIELD, "value"),
        Input("new-edits", "data"),
        State(_FIELD, "id"),
        State("new-carried", "data"),
    )
    def foresee(
        entered: list[Any],
        edits: dict[str, Any] | None,
        ids: list[dict[str, str]],
        carried: dict[str, Any] | None,
    ) -> Any:
        values = values_of(entered, ids)
        return _estimate(form.tree_of(values, _kept(carried, values, edits)))


def _register_start(app: Dash) -> None:
    @app.callback(
        Output("new-goto", "href"),
        Output("new-problem", "children"),
        Input("new-start", "n_clicks"),
        State(_FIELD, "value"),
        State(_FIELD, "id"),
        State("new-token", "data"),
        State("new-carried", "data"),
        State("new-edits", "data"),
        running=[
            (Output("new-start", "disabled"), True, False),
            (Output("new-start", "className"), "button button-primary busy", "button button-primary"),
        ],
        prevent_initial_call=True,
    )
    def start(
        clicks: int | None,
        entered: list[Any],
        ids: list[dict[str, str]],
        token: str,
        carried: dict[str, Any] | None,
        edits: dict[str, Any] | None,
    ) -> tuple[Any, Any]:
        if not clicks:
            raise PreventUpdate
        values = values_of(entered, ids)
        kept = _kept(carried, values, edits)
        found = form.faults(values, kept)
        if found:
            return no_update, _not_started("\n".join(found.values()))
        try:
            run_id = connection.current().start_once(token, form.tree_of(values, kept))
        except TunescopeError as error:
            return no_update, _not_started(str(error))
        return links.run(run_id), None

    in_browser(
        app,
        "copyText",
        Output("new-copy", "children"),
        Input("new-copy", "n_clicks"),
        State("new-command", "children"),
        State("new-copy", "children"),
        prevent_initial_call=True,
    )


def _initial(query: Mapping[str, str]) -> tuple[Values, dict[str, Any]]:
    """The values of the fields, and what of an earlier run goes beyond them."""
    values, carried = dict(form.defaults()), {}
    if query.get("from"):
        tree = runs.get(connection.store(), query["from"])["parameters"]
        # A new run needs an id of its own; what the old one did not say is as usual.
        values |= _known(form.values_of(tree))
        carried = _carried(tree)
    elif query.get("prepared"):
        dataset = runs.get(connection.store(), query["prepared"])["parameters"].get("dataset", {})
        values |= _known(form.values_of({"dataset": dataset}))
        carried = _carried({"dataset": dataset})
    for field in form.FIELDS:
        section, _, name = field.key.partition(".")
        if section == "dataset" and query.get(name):
            values[field.key] = _number(query[name]) if field.kind == "whole" else query[name]
    return values, carried


def _carried(tree: Mapping[str, Any]) -> dict[str, Any]:
    search = tree.get("search", {})
    return {
        "tree": form.unshown(tree),
        "source": tree.get("dataset", {}).get("source"),
        "edits": {key: search.get(key) or {} for key in ("space", "options")},
    }


def _edits(carried: Mapping[str, Any], values: Values) -> Edits:
    """What an earlier run, or else the project's configuration, changes of spaces and options."""
    return space_form.kept_edits(carried.get("edits") or form.usual_edits(), values)


def _known(values: Values) -> Values:
    return {key: value for key, value in values.items() if value is not None and key != "run.id"}


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def _kept(carried: Mapping[str, Any] | None, values: Values, edits: Edits | None = None) -> dict[str, Any]:
    """What is carried over from an earlier run, and the edits; the name of other images is not."""
    carried = carried or {}
    tree = form.merged(carried.get("tree", {}), {})
    if values.get("dataset.source") != carried.get("source"):
        tree.get("dataset", {}).pop("name", None)
    return form.merged(tree, space_form.edits_tree(space_form.kept_edits(edits, values)))


def _entry(field: Field, values: Values) -> html.Div:
    known = _SUGGESTIONS[field.key]() if field.key in _SUGGESTIONS else []
    return entry("new", field, values[field.key], known)


def _sources() -> list[str]:
    """What the field of the images suggests: what was prepared before, and what was uploaded."""
    here = connection.current()
    prepared = [one.source for one in catalogue.all_prepared(here.store())]
    return list(dict.fromkeys([*prepared, *(one.source for one in here.uploads.uploaded())]))


def _studies() -> list[str]:
    """What the field of the seed study suggests: the studies of the store, newest first."""
    return [str(name) for name in frames.studies_frame(connection.store())["study"][::-1][:_MOST_STUDIES]]


_MOST_STUDIES = 200
_SEVERAL = "Several are weighed against each other: the result is a Pareto front."
_SUGGESTIONS = {"dataset.source": _sources, "search.seed_study": _studies}


def _spaces(values: Values, edits: Edits) -> Any:
    space = space_form.space_of(values)
    return space_editor.space_editor(space, values.get("search.models") or [], edits)


def _fields(values: Values, edits: Edits) -> html.Div:
    scoring, advanced, training = (
        html.Div([_entry(field, values) for field in fields], className="field-grid")
        for fields in (form.SCORING, form.ADVANCED, form.TRAINING)
    )
    objectives = html.Div(
        [
            _entry(form.OBJECTIVES, values),
            html.P(
                "Several are weighed against each other: the result is a Pareto front.", className="card-note"
            ),
            scoring,
        ],
        className="fold-parts",
    )
    return html.Div(
        [
            card("Data", html.Div([_entry(field, values) for field in form.DATA], className="field-grid")),
            card("Models", _entry(form.MODELS, values), note="Each trial trains one of these."),
            card(
                "Spaces",
                html.Div(_spaces(values, edits), id="new-spaces", className="folds"),
                note="Ranges, choices and grid values of each model. An empty field is as declared.",
            ),
            card(
                "Strategies",
                [
                    _entry(form.STRATEGIES, values),
                    html.Div(
                        space_editor.option_fields(values.get("search.strategies") or [], edits),
                        id="new-options",
                    ),
                ],
                note="One study each, with an equal share of the budget.",
            ),
            card(
                "Feature extractors",
                _entry(form.EXTRACTORS, values),
                note="What shallow models see of an image. Deep models learn their own.",
            ),
            card(
                "Budget",
                html.Div([_entry(field, values) for field in form.BUDGET], className="field-grid three"),
                note="Whichever is reached first ends the run.",
            ),
            html.Section(fold("Objectives, folds and pruning", objectives), className="card-part"),
            html.Section(
                fold("Learning-rate policies", _entry(form.POLICIES, values)), className="card-part"
            ),
            html.Section(fold("Training of networks", training), className="card-part"),
            html.Section(fold("Advanced", advanced), className="card-part"),
        ],
        className="form-fields",
    )


def _side(values: Values, carried: Mapping[str, Any], edits: Edits) -> html.Aside:
    start = button("Start run", "running", "primary", id="new-start")
    copy = button("Copy", "copy", "quiet", id="new-copy")
    command = html.Pre(
        command_line(form.changed(values, _kept(carried, values, edits))),
        id="new-command",
        className="command",
        tabIndex="0",
    )
    same = html.Div(
        [html.Span("The same on the command line", className="tile-label"), copy], className="side-head"
    )
    return html.Aside(
        card(
            "Start",
            [
                html.Div(_plan(values), id="new-plan"),
                html.Div(id="new-estimate", className="estimate", role="status"),
                html.Div(id="new-problem"),
                start,
                same,
                command,
            ],
        ),
        className="form-side",
    )


def _plan(values: Values) -> Any:
    strategies, models = values.get("search.strategies") or [], values.get("search.models") or []
    pairs = [
        ("Studies", listing(strategies) or "none"),
        ("Models", listing(models) or "none"),
        ("At most", _limits(values)),
        ("Each study", _share(values, len(strategies))),
    ]
    return facts(pairs)


def _estimate(tree: Mapping[str, Any]) -> Any:
    """How long it will take, from what earlier trials took; nothing while the form has faults."""
    from tunescope.search import check_parameters
    from tunescope.search.checks import build_space
    from tunescope.search.estimate import estimate

    try:
        given = check_parameters(tree)
        images = _images(given.dataset.source)
        found = estimate(connection.store(), given.search, images, given.features, given.learning_rate)
    except TunescopeError:
        return None
    # A grid that is larger than its budget is spoken of already.
    is_told = "grid" not in given.search.strategies or "the grid has" in found.note.lower()
    space = None if is_told else build_space(given.search, given.features, given.learning_rate)
    size = f"The grid has {count(space.grid_size, 'point')}." if space else ""
    return [html.P(sentence(text)) for text in (f"{found.note.rstrip('.')}.", size) if text]


def _images(source: str) -> int | None:
    """How many images a source has, if it was prepared before."""
    known = catalogue.all_prepared(connection.store())
    return next((one.images for one in known if one.source == source), None)


def _limits(values: Values, divisor: int = 1) -> str:
    seconds, trials = _positive(values, "search.max_seconds"), _positive(values, "search.max_trials")
    parts = [
        duration(seconds / divisor) if seconds else "",
        count(max(1, int(trials // divisor)), "trial") if trials else "",
    ]
    return " or ".join(filter(None, parts)) or "no limit"


def _share(values: Values, studies: int) -> str:
    return _limits(values, studies) if studies else NOTHING


def _positive(values: Values, key: str) -> float | None:
    value = values.get(key)
    return value if isinstance(value, (int, float)) and value > 0 else None


def _not_started(text: str) -> Any:
    lines = text.splitlines()
    body = lines[0] if len(lines) == 1 else f"{count(len(lines), 'field')} must be mended first."
    return notice("danger", "Not started", body)


PAGE = Page(links.NEW, "New run", layout, register)
