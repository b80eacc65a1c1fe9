"""Who is answered: pages of this server, and nobody who makes a browser ask in another site's name."""

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from flask import Flask, Response, request

_CHANGING = ("POST", "PUT", "DELETE")


def refuse_strangers(server: Flask, names: Collection[str] | None = None) -> None:
    """Answer other sites, and requests in an unknown name, with 403.

    Args:
        server: gets the check.
        names: by which the server is asked, beside `localhost` and addresses; None where any will do.
    """
    known = None if names is None else frozenset(name.lower() for name in names)

    def check() -> Response | None:
        return _of_another_site() or (None if known is None else _in_another_name(known))

    server.before_request(check)


def _of_another_site() -> Response | None:
    """A page of another site must not start runs through a browser that has both open."""
    if request.method in _CHANGING and request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
        return _refused("Requests from other sites are refused.")
    return None


def _in_another_name(known: Collection[str]) -> Response | None:
    """Nor may it let its own name point to this machine, which makes the browser take both for one site."""
    name = _name(request.headers.get("Host", ""))
    if not name or name in known or _is_ours(name):
        return None
    return _refused(
        "This dashboard is not asked by that name: open it at its address, or start it with `--name` and the "
        "name that stands in the browser's address bar."
    )


def _name(host: str) -> str:
    """The name in a Host header, without the port; one that cannot be read stays as it is."""
    try:
        return urlsplit(f"//{host}").hostname or host
    except ValueError:
        return host


def _is_ours(name: str) -> bool:
    """No other site has an address for its name, nor `localhost`."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _refused(text: str) -> Response:
    return Response(text, 403, mimetype="text/plain")
