"""Pydantic's account of a fault as one sentence with key, value and rule."""

import difflib
from collections.abc import Collection, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

_RULES = {
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be at most {le}",
    "less_than": "must be less than {lt}",
    "literal_error": "must be {expected}",
    "too_short": "must have at least {min_length} entry",
    "string_too_short": "must not be empty",
    "string_too_long": "must have at most {max_length} characters",
    "string_type": "must be text",
    "dict_type": "must be a group of keys",
    "model_type": "must be a group of keys",
    "tuple_type": "must be a list",
}
_KINDS = {"int": "must be a whole number", "float": "must be a number", "bool": "must be true or false"}


def sentence(details: ErrorDetails, tree: type[BaseModel], patterns: Mapping[str, str]) -> str:
    """A fault as a sentence.

    Args:
        details: what pydantic says of it.
        tree: the model that was to be made, whose fields an unknown key may have meant.
        patterns: what patterns ask for, in words.
    """
    key, value, kind = ".".join(str(part) for part in details["loc"]), details["input"], details["type"]
    if kind == "extra_forbidden":
        return _unknown_key(key, tree)
    if kind == "missing":
        return f"`{key}` is missing: give it a value"
    if kind == "value_error":
        return f"`{key}` {details['ctx']['error']}"
    if kind == "string_pattern_mismatch":
        return f"`{key}` is {_shown(value)}, but {patterns[details['ctx']['pattern']]}"
    bounds = {name: _bound(value) for name, value in details.get("ctx", {}).items()}
    rule = _RULES.get(kind, "").format(**bounds)
    rule = rule or next((text for name, text in _KINDS.items() if kind.startswith(name)), details["msg"])
    return f"`{key}` is {_shown(value)}, but {rule}"


def _bound(value: object) -> object:
    """A bound as people read it: `0.5`, `4096`, `1,000,000`."""
    if not isinstance(value, int | float):
        return value
    return f"{value:g}" if abs(value) < 10_000 else f"{value:,.0f}"


def _shown(value: object) -> str:
    if value is None:
        return "empty"
    return f"`{value}`" if isinstance(value, str) else repr(value)


def _unknown_key(key: str, tree: type[BaseModel]) -> str:
    parent = key.rpartition(".")[0]
    owner: Any = tree
    for part in parent.split(".") if parent else ():
        owner = owner.model_fields[part].annotation
    prefix = f"{parent}." if parent else ""
    known = [prefix + field for field in owner.model_fields]
    return f"`{key}` is unknown{suggestion(key, known)}: use {listing(known)}"


def listing(names: Collection[str]) -> str:
    """Names as a sentence lists them."""
    return ", ".join(f"`{name}`" for name in names)


def suggestion(name: str, known: Collection[str]) -> str:
    """What a name may have been meant for; nothing where no known one is near."""
    close = difflib.get_close_matches(str(name), list(known), n=1)
    return f" (did you mean `{close[0]}`?)" if close else ""
