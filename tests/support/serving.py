"""An app served to a browser on a port of its own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import waitress.wasyncore
from dash import Dash


@contextmanager
def served(app: Dash) -> Iterator[str]:
    """Serve while the block runs; yields the address."""
    server = waitress.create_server(app.server, port=0, threads=8)
    thread = threading.Thread(target=_run, args=(server,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        # The browser keeps connections open, which would keep the server's loop alive.
        for channel in list(server.active_channels.values()):
            with suppress(OSError):
                channel.handle_close()  # with what it had still to send
        waitress.wasyncore.close_all(server._map, ignore_all=True)
        thread.join(timeout=10)


def _run(server: Any) -> None:
    with suppress(OSError):  # its sockets may close while it waits for them
        server.run()
