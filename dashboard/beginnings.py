"""What the form of a new run begins with: a configuration, a preset, an earlier run, and an address.

The address says where the form began (``from``, ``prepared``, ``preset``) and every field that was changed
since, by its parameter's key, so that a reload, the browser's way back and a link all show the same form.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

from dashboard import form, space_form
from dashboard.form import Tree, Values
from dashboard.form_fields import FIELDS, Field
from dashboard.presets import PRESETS, USUAL
from dashboard.space_form import Edits
from tunescope.store import Store, runs

Origin = Mapping[str, str]
"""``from`` and ``prepared`` (ids of runs) and ``preset``, as far as they are given."""

ORIGIN = ("from", "prepared", "preset")
EDITS = "edits"


@dataclass(frozen=True)
class Beginning:
    """A form as it stands.

    Attributes:
        origin: where it began.
        values: of its fields.
        tree: what of earlier runs goes beyond the fields.
        source: the images that the tree was prepared for.
        edits: changes of spaces and of options of strategies.
    """

    origin: Origin
    values: Values
    tree: Tree = field(default_factory=dict)
    source: str | None = None
    edits: Edits = field(default_factory=lambda: space_form.NO_EDITS)


def beginning(store: Store, origin: Origin) -> Beginning:
    """The form before anything is changed in it.

    Raises:
        UnknownNameError: when there is no run of an id.
    """
    values = dict(form.defaults())
    tree: dict[str, Any] = {}
    source, edits = None, form.usual_edits()
    if origin.get("from"):
        earlier = runs.get(store, origin["from"])["parameters"]
        # A new run needs an id of its own; what the old one did not say is as usual.
        values |= _known(form.values_of(earlier))
        tree, source = form.unshown(earlier), earlier.get("dataset", {}).get("source")
        search = earlier.get("search", {})
        edits = {key: search.get(key) or {} for key in ("space", "options")}
    if origin.get("prepared"):
        dataset = runs.get(store, origin["prepared"])["parameters"].get("dataset", {})
        values |= _known(form.values_of({"dataset": dataset}))
        tree = {**tree, **form.unshown({"dataset": dataset})}
        source = dataset.get("source")
    if origin.get("preset") in PRESETS:
        values |= PRESETS[origin["preset"]].values()
    return Beginning(origin, values, tree, source, space_form.kept_edits(edits, values))


def at(store: Store, search: str) -> Beginning:
    """The form of an address; a key of ``dataset`` may stand without its section, as in ``?source=x.zip``.

    Raises:
        UnknownNameError: when there is no run of an id.
    """
    query = parse_qs(search.lstrip("?"), keep_blank_values=True)
    origin = {key: query[key][0] for key in ORIGIN if query.get(key, [""])[0]}
    base = beginning(store, origin)
    values = {**base.values, **_entered(query)}
    edits = _edits(query.get(EDITS, [""])[0]) or base.edits
    return Beginning(origin, values, base.tree, base.source, space_form.kept_edits(edits, values))


def query_of(store: Store, now: Beginning) -> str:
    """The query string of a form, with its question mark; empty for one that nobody has changed.

    Raises:
        UnknownNameError: when there is no run of an id.
    """
    base = beginning(store, now.origin)
    pairs = [(key, now.origin[key]) for key in ORIGIN if now.origin.get(key)]
    if not now.origin.get("from"):
        pairs = [pair for pair in pairs if pair != ("preset", USUAL)]
    for one in FIELDS:
        value = now.values.get(one.key)
        if form.given(one.key, value) != form.given(one.key, base.values[one.key]):
            pairs += [(one.key, text) for text in _texts(value)]
    if now.edits != space_form.kept_edits(base.edits, now.values):
        pairs.append((EDITS, json.dumps(now.edits, separators=(",", ":"))))
    return f"?{urlencode(pairs)}" if pairs else ""


def _known(values: Values) -> Values:
    return {key: value for key, value in values.items() if value not in (None, "") and key != "run.id"}


def _entered(query: Mapping[str, Sequence[str]]) -> Values:
    found: dict[str, Any] = {}
    for one in FIELDS:
        section, _, name = one.key.partition(".")
        texts = query.get(one.key) or (query.get(name) if section == "dataset" else None)
        if texts:
            found[one.key] = _value(one, texts)
    return found


def _value(one: Field, texts: Sequence[str]) -> Any:
    """What a field holds for the texts of its key in an address."""
    if one.kind == "names":
        return [text for text in texts if text]
    if one.kind in ("whole", "number"):
        return _number(texts[0])
    return texts[0] or (None if one.kind == "text" else "")


def _texts(value: Any) -> list[str]:
    if isinstance(value, (list, tuple)):
        return [str(one) for one in value] or [""]
    return ["" if value is None else str(value)]


def _number(text: str) -> int | float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if number.is_integer() else number


def _edits(text: str) -> Edits | None:
    """The edits of an address; nothing where somebody has written something else there."""
    try:
        found = json.loads(text)
        space = {
            model: {name: dict(change) for name, change in own.items()}
            for model, own in found["space"].items()
        }
        return {"space": space, "options": {name: dict(own) for name, own in found["options"].items()}}
    except (ValueError, TypeError, LookupError, AttributeError):
        return None
