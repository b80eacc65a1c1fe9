"""``python -m dashboard``: serve the app."""

import argparse
import ctypes
import ipaddress
import logging
import socket
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress

from tunescope.errors import TunescopeError
from tunescope.store import store_url

_THREADS = 8
_M_ARENA_MAX, _M_MMAP_THRESHOLD = -8, -3  # of <malloc.h>
_LARGE_BYTES = 128 * 1024
# Taken from a connection at a time: with waitress's 8 kB, large uploads cost many times the work.
_RECEIVED_BYTES = 256 * 1024


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; returns the exit status."""
    given = _parser().parse_args(arguments)
    listener = _listener(given.host, given.port)
    if isinstance(listener, str):
        print(listener, file=sys.stderr)
        return 1
    try:
        return _serve(listener, given.store or store_url(), _names(given.name, listener))
    except TunescopeError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        listener.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dashboard", description="Serve the Tunescope dashboard.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen at (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8050, help="port to listen at (default: %(default)s)")
    parser.add_argument(
        "--name",
        action="append",
        default=[],
        help="a name that browsers ask for it by, such as that of a proxy (may be given several times)",
    )
    parser.add_argument(
        "--store", help="SQLAlchemy URL of the trial store (default: $TUNESCOPE_STORE, or data/trials.db)"
    )
    return parser


def _listener(host: str, port: int) -> socket.socket | str:
    """A bound socket, or the sentence that says why there is none."""
    if not 0 <= port <= 65_535:
        return f"`--port` is {port}, but must be from 0 to 65535"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        return f"`--host` is `{host}`, which is no address of this machine: {error.strerror}"
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        # Listening before waitress does, so that two servers cannot both believe they have the port.
        listener.listen()
    except OSError as error:
        listener.close()
        return (
            f"The dashboard cannot listen at {host}:{port} ({error.strerror}): "
            "end what uses that port, or choose another with `--port`"
        )
    return listener


def _names(given: Sequence[str], listener: socket.socket) -> Sequence[str] | None:
    """The names that are answered; a server for other machines cannot know its own unless told."""
    is_private = ipaddress.ip_address(listener.getsockname()[0]).is_loopback
    return given if given or is_private else None


def _spare_memory() -> None:
    """Let threads share their heaps, and give back what is large, where the C library is glibc.

    Else each thread has a heap of its own, and keeps what the frames of a chart took of it. What is larger
    than the second limit lies outside of heaps; unless it is set, it rises to what was freed last.
    """
    with suppress(AttributeError, OSError):
        library = ctypes.CDLL(None)
        library.mallopt(_M_ARENA_MAX, 2)
        library.mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)


def _serve(listener: socket.socket, url: str, names: Sequence[str] | None) -> int:
    import waitress

    _spare_memory()

    # Dash asks whether it runs in a notebook by importing IPython, which Kedro-Viz installs: a third of
    # the time that the start takes.
    sys.modules.setdefault("IPython", None)  # type: ignore[arg-type]

    from dashboard.app import create_app
    from dashboard.connection import of

    # It warns whenever a request waits for one of its threads, which a browser that opens a page makes it do.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    app = create_app(url, names=names)
    connection = of(app.server)
    # Whoever opens the trials first shall not have to wait until all of them are read.
    threading.Thread(target=connection.warm_up, name="reader", daemon=True).start()
    server = waitress.create_server(
        app.server,
        sockets=[listener],
        threads=_THREADS,
        recv_bytes=_RECEIVED_BYTES,
        ident=None,
    )
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    print(f"Tunescope is at http://{shown}:{port} (end it with Ctrl-C)", flush=True)
    try:
        server.run()
    except KeyboardInterrupt:
        pass
    finally:
        server.close()
        connection.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
