"""Where in the project's files a faulty parameter stands."""

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kedro.framework.context import KedroContext

from tunescope.yaml_lines import locate

_KEY = re.compile(r"`([\w.]+)`")


def with_places(sentences: str, context: KedroContext) -> str:
    """Faults, a line each, with file and line behind those whose parameter was set in a file."""
    files = [path.relative_to(context.project_path) for path in _files(context.project_path, context.env)]
    given = _config_file()
    typed = {} if given else context.config_loader.runtime_params or {}
    if given:
        files.append(given)
    return "\n".join(_with_place(line, files, typed) for line in sentences.splitlines())


def _with_place(sentence: str, files: list[Path], typed: Mapping[str, Any]) -> str:
    key = _KEY.match(sentence)
    if key is None or _is_typed(key[1], typed):
        return sentence
    place = locate(key[1], files)
    return f"{sentence} ({place})" if place else sentence


def _is_typed(key: str, typed: Mapping[str, Any]) -> bool:
    """Whether somebody typed a parameter, or one above it, on the command line."""
    section: Any = typed
    for part in key.split("."):
        if not isinstance(section, Mapping):
            return True
        if part not in section:
            return False
        section = section[part]
    return True


def _files(root: Path, environment: str | None) -> Iterator[Path]:
    for name in ("base", environment or "local"):
        folder = root / "conf" / name
        yield from sorted(folder.glob("parameters*.yml"))
        yield from sorted(folder.glob("parameters*/**/*.yml"))


def _config_file() -> Path | None:
    """What ``kedro run --config`` was given: Kedro keeps what is in the file, and forgets its name."""
    words = sys.argv[1:]
    for word, following in zip(words, [*words[1:], ""], strict=True):
        name, _, value = word.partition("=")
        if name in ("--config", "-c"):
            return Path(value or following)
    return None
