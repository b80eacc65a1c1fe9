"""The project's own parameters, as its configuration files hold them."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from dashboard.launch import CONFIGURATION
from tunescope.parameters import LimitParameters


def tree(project: Path) -> dict[str, Any]:
    """The parameters of a project: what a run does when nothing else is asked of it."""
    found: dict[str, Any] = {}
    for path in sorted((project / CONFIGURATION).glob("*.yml")):
        found |= yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    return found


def limits(project: Path) -> LimitParameters:
    """What a source may hold; the usual limits where the project sets none that are valid."""
    try:
        return LimitParameters.model_validate((tree(project).get("dataset") or {}).get("limits") or {})
    except ValidationError:
        return LimitParameters()
