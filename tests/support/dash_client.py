"""Calls callbacks of a Dash app over HTTP, as a browser does."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dash import Dash
from flask.testing import FlaskClient


@dataclass(frozen=True)
class Answer:
    """What a callback sent back: bytes on the way, properties by id, and what it set beside its outputs."""

    status: int
    size: int
    outputs: dict[str, dict[str, Any]]
    side: dict[str, dict[str, Any]]

    def text(self, component: str, prop: str = "children") -> str:
        """One output as JSON text, to look for words in."""
        return json.dumps(self.outputs[component][prop], ensure_ascii=False)


class Browser:
    """Knows the callbacks of an app and gives them the values that a page would."""

    def __init__(self, app: Dash) -> None:
        self.client: FlaskClient = app.server.test_client()
        self.callbacks = {one["output"]: one for one in self.client.get("/_dash-dependencies").json}

    def show(self, pathname: str, search: str = "") -> str:
        """The page at an address, as JSON text."""
        values = {"shell-url.pathname": pathname, "shell-url.search": search}
        return self.call("shell-page.children", values, "shell-url.pathname").text("shell-page")

    def call(self, output: str, values: Mapping[str, Any], changed: str, trigger: str = "") -> Answer:
        """Call the callback whose outputs begin with ``output``; values by ``id.property``.

        Of several with the same output, ``trigger`` chooses the one that has this id among its inputs.
        """
        key = next(
            key
            for key, callback in self.callbacks.items()
            if key.strip(".").startswith(output)
            and (not trigger or trigger in [one["id"] for one in callback["inputs"]])
        )
        callback = self.callbacks[key]
        wanted = [_output(one, values, changed) for one in key.strip(".").split("...")]
        body = {
            "output": key,
            "outputs": wanted if key.startswith("..") else wanted[0],
            "inputs": [_given(one, values, changed) for one in callback["inputs"]],
            "state": [_given(one, values, changed) for one in callback["state"]],
            "changedPropIds": [changed],
        }
        headers = {"Accept-Encoding": "gzip"}
        response = self.client.post("/_dash-update-component", json=body, headers=headers)
        is_packed = response.headers.get("Content-Encoding") == "gzip"
        content = gzip.decompress(response.data) if is_packed else response.data
        answer = _json(content) or {}
        return Answer(
            response.status_code,
            len(response.data),
            answer.get("response") or {},
            answer.get("sideUpdate") or {},
        )


def _json(content: bytes) -> Any:
    """What an answer says; nothing where it is no JSON, as that of a callback that changes nothing."""
    try:
        return json.loads(content)
    except ValueError:
        return None


def _output(dotted: str, values: Mapping[str, Any], changed: str) -> Any:
    component, _, prop = dotted.partition("@")[0].rpartition(".")
    if not component.startswith("{"):
        return {"id": component, "property": prop}
    kind = json.loads(component)["type"]
    if '["MATCH"]' in component:
        return {"id": {**_id(changed), "type": kind}, "property": prop}
    # Repeated widgets come in groups: one of the output's type for each that has a value.
    given = dict.fromkeys(json.dumps({**_id(key), "type": kind}) for key in values if key[0] == "{")
    return [{"id": json.loads(one), "property": prop} for one in given]


def _id(dotted: str) -> Any:
    return json.loads(dotted.rpartition(".")[0])


def _given(wanted: Mapping[str, str], values: Mapping[str, Any], changed: str) -> Any:
    if not wanted["id"].startswith("{"):
        return {**wanted, "value": values.get(f"{wanted['id']}.{wanted['property']}")}
    pattern = json.loads(wanted["id"])
    found = [
        {"id": _id(key), "property": wanted["property"], "value": value}
        for key, value in values.items()
        if key.startswith("{")
        and key.endswith("." + wanted["property"])
        and _id(key)["type"] == pattern["type"]
    ]
    if ["ALL"] in pattern.values():
        return found
    if ["MATCH"] in pattern.values():
        pattern = {**_id(changed), "type": pattern["type"]}
    return next(one for one in found if one["id"] == pattern)
