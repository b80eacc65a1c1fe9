"""Configurations as a person writes them, one a line: ``model: svm, svm.C: 10``."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

_FLOAT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)[eE][+-]?\d+")


def configurations_of(text: str | None) -> list[Any]:
    """The configurations of a text; a line that cannot be read stays a text, which the check then names."""
    lines = (line.strip().removeprefix("- ") for line in (text or "").splitlines())
    return [_configuration(line) for line in lines if line]


def text_of(configurations: Sequence[Any]) -> str:
    """The same the other way round."""
    return "\n".join(_line(one) for one in configurations)


def read(text: Any) -> Any:
    """A text as YAML reads it, and `1e-3`, which YAML takes for a text, as a number."""
    if not isinstance(text, str):
        return text
    try:
        return _as_number(yaml.safe_load(text))
    except yaml.YAMLError:
        return text


def _as_number(value: Any) -> Any:
    is_number = isinstance(value, str) and _FLOAT.fullmatch(value)
    return float(value) if is_number else value


def _configuration(line: str) -> Any:
    try:
        found = yaml.safe_load(line if line.startswith("{") else f"{{{line}}}")
    except yaml.YAMLError:
        return line
    if not isinstance(found, dict) or None in found.values():
        return line
    return {str(name): _as_number(value) for name, value in found.items()}


def _line(one: Any) -> str:
    if not isinstance(one, Mapping):
        return str(one)
    written: str = yaml.safe_dump(dict(one), default_flow_style=True, sort_keys=False, width=10**6)
    return written.strip().removeprefix("{").removesuffix("}")
