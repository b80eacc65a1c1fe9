"""The form of a new run says what the machine has."""

import pytest

from dashboard import machine


@pytest.mark.parametrize(
    ("gpus", "words"),
    [
        ([], "2 cores, 24.0 GB of memory, no GPU"),
        (
            [{"name": "H100", "memory_bytes": 80 * 10**9}, {"name": "Orin", "memory_bytes": None}],
            "2 cores, 24.0 GB of memory, H100 (80.0 GB), Orin",
        ),
    ],
)
def test_the_machine_is_told_in_a_line(
    monkeypatch: pytest.MonkeyPatch, gpus: list[dict[str, object]], words: str
) -> None:
    found = {"cores": 2, "memory_bytes": 24 * 10**9, "gpus": gpus}
    monkeypatch.setattr(machine, "device_manifest", lambda: found)
    assert machine.machine.__wrapped__() == words
