"""The editor of spaces and of strategies' options as plain data: what is declared, what was changed."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from dashboard.configurations import read
from dashboard.form import Values
from tunescope.parameters import Parameters
from tunescope.search.checks import build_space
from tunescope.search.space import MODEL, Hyperparameter, Space
from tunescope.search.strategies import STRATEGIES

Edits = Mapping[str, Any]
"""``{"space": {model: {hyperparameter: change}}, "options": {strategy: {option: value}}}``."""

NO_EDITS: Edits = {"space": {}, "options": {}}
_KEYS = {
    "models": "search.models",
    "extractors": "features.extractors",
    "policy": "learning_rate.policy",
    "weights": "search.training.weights",
}


def space_of(values: Values, edits: Edits = NO_EDITS) -> Space | None:
    """The space of the chosen models, with the edits; None while it cannot be made."""
    chosen = {name: values.get(key) for name, key in _KEYS.items()}
    search = {
        "models": chosen["models"] or [],
        "space": edits["space"],
        "training": {"weights": chosen["weights"] or None},
    }
    tree = {
        "dataset": {"source": "any"},
        "search": search,
        "features": {"extractors": chosen["extractors"] or []},
        "learning_rate": {"policy": chosen["policy"] or []},
    }
    try:
        given = Parameters.model_validate(tree)
        return build_space(given.search, given.features, given.learning_rate)
    except (ValueError, KeyError):  # faulty values, and names that no registry has
        return None


def of_model(space: Space, model: str) -> list[Hyperparameter]:
    """The hyperparameters of one model."""
    return [one for one in space.hyperparameters if one.name.startswith(f"{model}.")]


def narrowed(space: Space, names: Collection[str]) -> Space:
    """A space with those hyperparameters alone that have one of these names in their model."""
    return Space(
        tuple(
            one for one in space.hyperparameters if one.name == MODEL or one.name.partition(".")[2] in names
        )
    )


def options_of(strategies: Sequence[str]) -> dict[str, list[str]]:
    """The options of those of the chosen strategies that have any."""
    known = {name: list(STRATEGIES[name].options) for name in strategies if name in STRATEGIES}
    return {name: options for name, options in known.items() if options}


def change_of(one: Hyperparameter, edits: Edits) -> Mapping[str, Any]:
    """What was changed of a hyperparameter."""
    model, _, name = one.name.partition(".")
    change: Mapping[str, Any] = edits["space"].get(model, {}).get(name, {})
    return change


def entered_space(space: Space, entered: Values) -> dict[str, dict[str, dict[str, Any]]]:
    """``search.space``: what differs from what is declared.

    Args:
        space: as the models declare it.
        entered: values of the editor's controls, by key such as ``svm.C.low``; choices by their indices.
    """
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for one in space.hyperparameters:
        model, _, name = one.name.partition(".")
        if one.name != MODEL and (change := _change(one, entered)):
            found.setdefault(model, {})[name] = change
    return found


def entered_options(entered: Values) -> dict[str, dict[str, Any]]:
    """``search.options``, from the values of the editor's controls, by key such as ``grid.order``."""
    found: dict[str, dict[str, Any]] = {}
    for key, text in entered.items():
        strategy, _, option = key.partition(".")
        if text not in (None, ""):
            found.setdefault(strategy, {})[option] = read(text)
    return found


def collected(values: Values, spaces: Values, options: Values, before: Edits) -> Edits:
    """All edits: what the editor's controls hold, and what was edited of models that it does not show.

    Args:
        values: of the form's fields.
        spaces: of the controls of hyperparameters, by key.
        options: of the controls of options, by key.
        before: the edits so far.
    """
    space = space_of(values)
    if space is None:
        return before
    shown, chosen = {key.partition(".")[0] for key in spaces}, {key.partition(".")[0] for key in options}
    kept = {name: one for name, one in before["space"].items() if name not in shown}
    kept_options = {name: one for name, one in before["options"].items() if name not in chosen}
    return {
        "space": {**kept, **entered_space(space, spaces)},
        "options": {**kept_options, **entered_options(options)},
    }


def kept_edits(edits: Edits | None, values: Values) -> Edits:
    """The edits without those of models and strategies that are not chosen any more."""
    edits = edits or NO_EDITS
    models, strategies = values.get("search.models") or [], values.get("search.strategies") or []
    return {
        "space": {name: one for name, one in edits.get("space", {}).items() if name in models},
        "options": {name: one for name, one in edits.get("options", {}).items() if name in strategies},
    }


def edits_tree(edits: Edits) -> dict[str, Any]:
    """The edits as a parameter tree; empty where nothing was edited."""
    changed = {key: edits[key] for key in ("space", "options") if edits[key]}
    return {"search": changed} if changed else {}


def _change(one: Hyperparameter, entered: Values) -> dict[str, Any]:
    if one.type == "categorical":
        change = _choices(one, entered.get(f"{one.name}.choices"))
    else:
        bounds = {key: entered.get(f"{one.name}.{key}") for key in ("low", "high")}
        # An empty field is as declared.
        given = {key: value for key, value in bounds.items() if value not in (None, "")}
        change = {key: value for key, value in given.items() if value != getattr(one, key)}
    grid = grid_values(entered.get(f"{one.name}.grid"))
    return {**_kept(one, change), **({"grid": grid} if grid else {})} if change or grid else {}


def _choices(one: Hyperparameter, indices: Any) -> dict[str, Any]:
    if indices is None or len(indices) == len(one.choices):
        return {}
    return {"choices": [choice for index, choice in enumerate(one.choices) if str(index) in indices]}


def _kept(one: Hyperparameter, change: dict[str, Any]) -> dict[str, Any]:
    """A change with the declared grid and default, which a changed range drops, as far as they still fit."""
    if not change:
        return {}
    allowed = [value for value in one.grid if _fits(one, change, value)]
    kept: dict[str, Any] = {"grid": allowed} if allowed and one.type != "categorical" else {}
    return change | kept | ({"default": one.default} if _fits(one, change, one.default) else {})


def _fits(one: Hyperparameter, change: Mapping[str, Any], value: Any) -> bool:
    if one.type == "categorical":
        return value in change["choices"]
    bounds = [change.get(key, getattr(one, key)) for key in ("low", "high")]
    return all(isinstance(bound, int | float) for bound in bounds) and bounds[0] <= value <= bounds[1]


def grid_values(text: Any) -> list[Any]:
    """``"1, 10"`` as its values; nothing for an empty text."""
    parts = [part.strip() for part in str(text or "").split(",")]
    return [read(part) for part in parts if part]
