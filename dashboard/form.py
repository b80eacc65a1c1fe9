"""The form of a new run as plain data: values, faults, and the parameter tree they make."""

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from dashboard import configuration
from dashboard.configurations import configurations_of, text_of
from dashboard.form_fields import CLEANING, FIELDS, PREPARATION, Field
from dashboard.launch import project_folder
from tunescope.errors import ParameterError, SourceError

# What the editor of spaces shows, beside the fields.
EDITED = ("search.space", "search.options")
_BY_KEY = {field.key: field for field in (*FIELDS, *PREPARATION, *CLEANING)}
# A fault of a whole section, shown at the field that mends it.
_SECTIONS = {
    "search": "search.max_seconds",
    "dataset": "dataset.split",
    "features": "features.extractors",
}

Values = Mapping[str, Any]
Tree = Mapping[str, Any]


def field(key: str) -> Field:
    """The field of a parameter."""
    return _BY_KEY[key]


@cache
def defaults() -> Values:
    """What each field holds at first: the project's configuration."""
    return values_of(configuration.tree(project_folder()))


@cache
def usual_edits() -> Values:
    """What the project's configuration changes of spaces and of strategies' options."""
    search = configuration.tree(project_folder()).get("search", {})
    return {key: search.get(key) or {} for key in ("space", "options")}


@cache
def preparation_defaults() -> Values:
    """What each field of a preparation holds at first."""
    tree = configuration.tree(project_folder())
    return {field.key: _shown(_at(tree, field.key)) for field in (*PREPARATION, *CLEANING)}


def preparation_values(tree: Tree) -> dict[str, Any]:
    """The values of the fields of a preparation in the tree of a run that says them."""
    found = {field.key: _shown(_at(tree, field.key)) for field in (*PREPARATION, *CLEANING)}
    return {key: value for key, value in found.items() if value is not None}


def values_of(tree: Tree) -> Values:
    """The values of all fields in a parameter tree; ``None`` where it has none."""
    return {field.key: _in_field(field, _at(tree, field.key)) for field in FIELDS}


def tree_of(values: Values, carried: Tree | None = None) -> dict[str, Any]:
    """The parameter tree that the values make, over one that holds what no field shows."""
    tree: dict[str, Any] = merged(carried or {}, {})
    for key, value in values.items():
        *sections, name = key.split(".")
        place = tree
        for section in sections:
            place = place.setdefault(section, {})
        place[name] = given(key, value)
    return tree


def changed(values: Values, carried: Tree | None = None) -> dict[str, Any]:
    """The part of the tree that differs from the project's configuration."""
    usual = {**preparation_defaults(), **defaults()}
    differing = {
        key: value for key, value in values.items() if given(key, value) != given(key, usual.get(key))
    }
    return tree_of(differing, carried)


def unshown(tree: Tree) -> dict[str, Any]:
    """What of a run's tree no field shows, nor the configuration says: a run like it needs that too."""
    differing = _differing(tree, configuration.tree(project_folder()))
    for key in (*(field.key for field in FIELDS), *EDITED):
        *sections, name = key.split(".")
        _at_path(differing, sections).pop(name, None)
    return {key: value for key, value in differing.items() if value != {}}


def dataset_tree(tree: Tree, **changes: Any) -> dict[str, Any]:
    """What of a run's tree concerns its images and differs from the configuration, with changes."""
    about = {key: tree[key] for key in ("dataset", "features") if key in tree}
    differing = _differing(about, configuration.tree(project_folder()))
    return merged(differing, {"dataset": changes})


def merged(one: Tree, other: Tree) -> dict[str, Any]:
    """Two trees as one, copied; where both have a value, that of the second counts."""
    tree = {key: merged(value, {}) if isinstance(value, Mapping) else value for key, value in one.items()}
    for key, value in other.items():
        both = isinstance(value, Mapping) and isinstance(tree.get(key), Mapping)
        tree[key] = merged(tree[key], value) if both else value
    return tree


def faults(values: Values, carried: Tree | None = None) -> dict[str, str]:
    """A sentence for each field that must be mended; under the empty key what concerns no field."""
    from tunescope.search import check_parameters

    tree = tree_of(values, carried)
    found = dict(_unready(tree))
    try:
        check_parameters(tree)
    except ParameterError as error:
        for line in str(error).splitlines():
            found.setdefault(_edited_of(line) or _field_of(line), line)
    return found


def preparation_faults(values: Values, source: str) -> dict[str, str]:
    """The same for the fields of a preparation."""
    usual = tree_of(defaults())
    return faults({"dataset.source": source, **values}, usual)


def _unready(tree: Tree) -> Iterator[tuple[str, str]]:
    """What the rules of parameters do not look at: whether the files that they name are there."""
    for key, require in _named_files(tree):
        path = _at(tree, key)
        try:
            if path:
                require(str(path), key, project_folder())
        except SourceError as error:
            yield _field_of(f"`{key}`"), str(error)


def _named_files(tree: Tree) -> Iterator[tuple[str, Callable[[str, str, Path], None]]]:
    """The parameters that name a file, each with what refuses one that is not there."""
    from tunescope.models.deep.weights import require as require_weights

    yield "dataset.source", _require_images
    yield "dataset.corrections", _require_corrections
    yield "search.training.weights", require_weights
    if "embedding" in (_at(tree, "features.extractors") or ()):
        yield "features.embedding.weights", require_weights


def _require_images(source: str, key: str, folder: Path) -> None:
    from tunescope.datasets import glance

    glance(source, folder)


def _require_corrections(path: str, key: str, folder: Path) -> None:
    if not os.path.isfile(folder / os.path.expanduser(path)):
        raise SourceError(f"`{key}` is `{path}`, but there is no such file: give a CSV file's path")


def _edited_of(line: str) -> str:
    """The part of the editor that a fault speaks of: ``search.space.svm.C``."""
    option = re.match(r"`(search\.options\.\w+)`: `(\w+)`", line)
    named = re.match(r"`(search\.space\.\w+\.\w+)", line)
    return ".".join(option.groups()) if option else named.group(1) if named else ""


def _field_of(line: str) -> str:
    """The field that a fault speaks of first: ``search.models.0`` belongs to ``search.models``."""
    named = re.match(r"`([a-z_]+(?:\.[a-z_]+)*)", line)
    key = named.group(1) if named else ""
    while key and key not in _BY_KEY and "." in key:
        key = key.rpartition(".")[0]
    return key if key in _BY_KEY else _SECTIONS.get(key, "")


def _at(tree: Tree, key: str) -> Any:
    *sections, name = key.split(".")
    return _at_path(tree, sections).get(name)


def _at_path(tree: Any, sections: Sequence[str]) -> Any:
    for section in sections:
        tree = tree.get(section) or {}
    return tree


def _differing(tree: Tree, usual: Tree) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in tree.items():
        before = usual.get(key)
        if isinstance(value, Mapping):
            found[key] = _differing(value, before if isinstance(before, Mapping) else {})
        elif _shown(value) != _shown(before):
            found[key] = value
    return {key: value for key, value in found.items() if value != {}}


def _in_field(field: Field, value: Any) -> Any:
    """A value as its control holds it: one name of several may be written without a list."""
    if field.kind == "configurations":
        return text_of(value or ())
    is_text = field.kind == "names" and isinstance(value, str)
    return value.split("+") if is_text else _shown(value)


def _shown(value: Any) -> Any:
    return list(value) if isinstance(value, (list, tuple)) else value


def given(key: str, value: Any) -> Any:
    """What was entered into the field of a parameter; a text without letters is nothing."""
    if key in _BY_KEY and _BY_KEY[key].kind == "configurations":
        return configurations_of(value)
    return (value.strip() or None) if isinstance(value, str) else value
