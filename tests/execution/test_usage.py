"""What a run uses of its machine is noted while it works."""

import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from tunescope.execution import usage
from tunescope.execution.usage import usage_noted
from tunescope.store import Store, live, resources, runs
from tunescope.store.schema import now
from tunescope.timing.usage import UsageMeter

BUSY = "import time; held = bytearray(60_000_000); print(flush=True)\nwhile True: pass"


def test_children_count_and_one_that_ends_breaks_nothing() -> None:
    meter = UsageMeter()
    alone = meter.sample()
    with subprocess.Popen([sys.executable, "-c", BUSY], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(0.3)
        together = meter.sample()
        child.kill()
    after = meter.sample()
    assert together.cpu_percent > 5
    assert together.memory_bytes > alone.memory_bytes + 50_000_000
    assert after.memory_bytes < together.memory_bytes - 50_000_000
    assert after.cpu_percent >= 0


def test_a_run_is_sampled_while_it_works(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage, "SAMPLE_SECONDS", 0.02)
    runs.claim(store, "demo", {}, Path("demo"))
    with usage_noted(store, "demo"):
        until = time.monotonic() + 20
        while len(live.resources_frame(store, "demo")) < 3 and time.monotonic() < until:
            time.sleep(0.02)
    frame = live.resources_frame(store, "demo")
    assert len(frame) >= 3
    assert frame["at"].is_monotonic_increasing
    assert (frame["memory_bytes"] > 1_000_000).all()


def test_old_samples_grow_sparse_and_the_newest_stay(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "MOST", 30)
    monkeypatch.setattr(resources, "NEWEST", 10)
    runs.claim(store, "demo", {}, Path("demo"))
    begin = now()
    for second in range(31):
        monkeypatch.setattr(resources, "now", lambda second=second: begin + timedelta(seconds=second))
        resources.note(store, "demo", float(second), 1, None)
    resources.thin(store, "demo")
    kept = live.resources_frame(store, "demo")["cpu_percent"].tolist()
    assert kept == [*range(0, 21, 2), *range(21, 31)]
    resources.thin(store, "demo")
    assert live.resources_frame(store, "demo")["cpu_percent"].tolist() == kept
