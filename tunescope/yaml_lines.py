"""YAML with the line of every key, so that a fault can be shown where a person wrote it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tunescope.errors import ParameterError

KeyPath = tuple[str, ...]

# Under these keys a file for `kedro run --config` holds what parameter files hold at the top.
_CONFIG_KEYS = "run.params."


@dataclass(frozen=True)
class LinedYaml:
    """What a YAML file holds.

    Attributes:
        content: the plain data.
        lines: where each key and list item stands, by its path from the top; lines count from 1.
        repeated: keys that stand more than once in their mapping, with the line where they do so again.
    """

    content: Any
    lines: Mapping[KeyPath, int]
    repeated: Mapping[KeyPath, int]

    def line(self, keys: KeyPath) -> int:
        """The line of a key, or of the nearest one above it; the first where there is none."""
        nearest = (keys[:end] for end in range(len(keys), 0, -1) if keys[:end] in self.lines)
        return self.lines.get(next(nearest, ()), 1)


class _Loader(yaml.SafeLoader):
    """The safe loader, for which `1e-4` is a number as it is for everybody else."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+$"), list("-+0123456789")
)


def read_lined(path: str | Path) -> LinedYaml:
    """Read a YAML file.

    Raises:
        ParameterError: when it cannot be read; names the line where it is no YAML.
    """
    try:
        loader = _Loader(Path(path).read_text(encoding="utf-8"))
        try:
            root = loader.get_single_node()
            content = None if root is None else loader.construct_document(root)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ParameterError(f"{path}, line {line}: this is no YAML: {error.problem}") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise ParameterError(f"`{path}` cannot be read: {error}") from None
    lines: dict[KeyPath, int] = {}
    repeated: dict[KeyPath, int] = {}
    for keys, line in _places(root, (), set()):
        if keys in lines and not any(keys[:end] in repeated for end in range(len(keys))):
            repeated[keys] = line
        lines[keys] = line  # of equal keys the last one counts, as it does for the content
    return LinedYaml(content, lines, repeated)


def locate(key: str, files: Sequence[Path]) -> str | None:
    """Say where a parameter is set: `conf/base/parameters/search.yml, line 12`.

    Args:
        key: dotted, such as ``search.space.svm.C.low``. Where it stands in no file, the nearest key above
            it counts, as for a key that is missing.
        files: parameter files or files for ``--config``, those that overrule the others last.

    Returns:
        None when no file that can be read has the key or one above it.
    """
    found = [(depth, index, place) for index, path in enumerate(files) for depth, place in _find(key, path)]
    return max(found)[2] if found else None


def _find(key: str, path: Path) -> Iterator[tuple[int, str]]:
    """How many parts of a dotted key a file has, and where, if it has any."""
    try:
        document = read_lined(path)
    except ParameterError:
        return
    lines = {".".join(keys).removeprefix(_CONFIG_KEYS): line for keys, line in document.lines.items()}
    parts = key.split(".")
    for depth in range(len(parts), 0, -1):
        line = lines.get(".".join(parts[:depth]))
        if line is not None:
            yield depth, f"{path}, line {line}"
            return


def _places(node: yaml.Node | None, keys: KeyPath, seen: set[int]) -> Iterator[tuple[KeyPath, int]]:
    """Every key below a node with its line; what an alias repeats only where it was written."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            below = (*keys, str(key.value))
            yield below, key.start_mark.line + 1
            yield from _places(value, below, seen)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            below = (*keys, str(index))
            yield below, value.start_mark.line + 1
            yield from _places(value, below, seen)
