import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tunescope import timing
from tunescope.timing import PhaseClock, device, device_manifest, usable_cores


def test_a_phase_counts_the_time_inside_it() -> None:
    clock = PhaseClock()
    with clock.phase("load"):
        time.sleep(0.02)
    time.sleep(0.05)
    with clock.phase("fit"):
        pass

    assert list(clock.seconds) == ["load", "fit"]
    assert 0.02 <= clock.seconds["load"] < 0.05  # what lies between phases is in none
    assert clock.seconds["fit"] < 0.01


def test_a_phase_entered_again_goes_on_counting() -> None:
    clock = PhaseClock()
    for _ in range(3):
        with clock.phase("forward"):
            time.sleep(0.01)

    assert clock.seconds["forward"] >= 0.03


def test_a_moment_counts_for_the_innermost_phase_only() -> None:
    clock, begin = PhaseClock(), time.perf_counter()
    with clock.phase("outer"):
        time.sleep(0.01)
        with clock.phase("inner"):
            time.sleep(0.02)
        time.sleep(0.01)
    whole = time.perf_counter() - begin

    assert clock.seconds["inner"] >= 0.02
    assert clock.seconds["outer"] >= 0.02
    assert sum(clock.seconds.values()) == pytest.approx(whole, abs=1e-3)


def test_a_phase_that_raises_is_counted_and_closed() -> None:
    clock = PhaseClock()

    def fail() -> None:
        with clock.phase("load"):
            time.sleep(0.01)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with clock.phase("fit"):
        time.sleep(0.01)

    assert clock.seconds["load"] >= 0.01
    assert clock.seconds["fit"] >= 0.01


def test_what_a_clock_shows_does_not_change_it() -> None:
    clock = PhaseClock()
    with clock.phase("load"):
        pass
    clock.seconds["load"] = 99.0

    assert clock.seconds["load"] < 1


def test_while_it_warms_up_every_phase_counts_as_warm_up() -> None:
    clock = PhaseClock()
    with clock.phase("other"):
        with clock.warming():
            time.sleep(0.01)
            with clock.phase("forward"):
                time.sleep(0.02)
        with clock.phase("forward"):
            time.sleep(0.01)

    assert list(clock.seconds) == ["other", "warm_up", "forward"]
    assert clock.seconds["warm_up"] >= 0.03
    assert clock.seconds["forward"] >= 0.01


def test_a_warm_up_that_fails_is_over() -> None:
    clock = PhaseClock()

    def fail() -> None:
        with clock.warming(), clock.phase("forward"):
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with clock.phase("load"):
        pass

    assert list(clock.seconds) == ["warm_up", "load"]


def test_a_warm_up_may_have_a_name_of_its_own() -> None:
    clock = PhaseClock()
    with clock.warming("compile"), clock.phase("forward"):
        pass
    assert list(clock.seconds) == ["compile"]


def test_a_clock_goes_on_from_what_was_measured_before() -> None:
    clock = PhaseClock()
    with clock.phase("load"):
        time.sleep(0.01)
    clock.restore({"load": 5.0, "forward": 7.0})
    with clock.phase("load"):
        time.sleep(0.01)

    assert 5.02 <= clock.seconds["load"] < 5.5
    assert clock.seconds["forward"] == 7.0


def test_a_clock_can_be_read_while_its_phases_are_open() -> None:
    clock = PhaseClock()
    with clock.phase("other"):
        time.sleep(0.01)
        with clock.phase("load"):
            time.sleep(0.01)
        clock.settle()
        assert clock.seconds["other"] >= 0.01
        assert clock.seconds["load"] >= 0.01


class TestOnAGpu:
    def test_the_phases_of_the_gpus_work_add_up_to_the_time_it_took(self) -> None:
        square, clock = self._busy(), PhaseClock("cuda")
        begin = time.perf_counter()
        with clock.phase("other"):
            for _ in range(50):
                with clock.phase("forward"):
                    square @ square
                with clock.phase("backward"):
                    square @ square @ square
        seconds = clock.seconds
        whole = time.perf_counter() - begin

        assert sum(seconds.values()) == pytest.approx(whole, rel=0.05)
        assert seconds["backward"] == pytest.approx(2 * seconds["forward"], rel=0.2)

    def test_a_boundary_does_not_wait_for_the_gpu(self) -> None:
        square, clock = self._busy(), PhaseClock("cuda")
        with clock.phase("forward"):
            for _ in range(200):
                square @ square
        import torch

        assert not torch.cuda.current_stream().query()  # its work is still going on
        assert clock.seconds["forward"] > 0

    def test_events_are_used_again(self) -> None:
        self._busy()
        clock = PhaseClock("cuda")
        for _ in range(10):
            for _ in range(100):
                with clock.phase("load"):
                    pass
            clock.settle()

        assert len(clock._timeline._free) <= 2 * 100 + 1

    def _busy(self) -> Any:
        import torch

        if not torch.cuda.is_available():
            pytest.skip("this machine has no CUDA device")
        square = torch.rand(4096, 4096, device="cuda")
        square @ square
        torch.cuda.synchronize()
        return square


def test_the_manifest_describes_this_machine_as_plain_data() -> None:
    manifest = device_manifest()

    assert json.loads(json.dumps(manifest)) == manifest
    assert list(manifest) == [
        "cpu", "cores", "instructions", "governor", "memory_bytes", "gpus", "cuda", "cudnn", "system",
        "python", "libraries", "commit",
    ]  # fmt: skip
    assert manifest["cpu"]
    assert (
        manifest["cores"] == len(os.sched_getaffinity(0))
        if sys.platform == "linux"
        else manifest["cores"] > 0
    )
    assert manifest["memory_bytes"] > 2**28
    assert manifest["python"] == sys.version.split()[0]
    assert {"numpy", "pillow", "torch"} <= set(manifest["libraries"])


def test_the_manifest_knows_what_torch_knows() -> None:
    import torch

    manifest, capabilities = device_manifest(), torch.cpu.get_capabilities()
    assert manifest["cuda"] == torch.version.cuda
    if torch.backends.cudnn.is_available() and manifest["cudnn"]:
        major, minor, patch = (int(part) for part in manifest["cudnn"].split(".")[:3])
        assert torch.backends.cudnn.version() == major * 10_000 + minor * 100 + patch
    if sys.platform == "linux":
        for name in ("avx2", "avx512_bf16", "amx_bf16"):
            assert (name in manifest["instructions"]) == bool(capabilities.get(name))


def test_the_manifest_names_the_commit_of_a_working_copy() -> None:
    root = Path(timing.__file__).parents[2]
    asked = subprocess.run(
        ["git", "-C", str(root), "rev-parse", "HEAD"], capture_output=True, text=True, check=False
    )

    assert device_manifest()["commit"] == (asked.stdout.strip() if asked.returncode == 0 else None)


def test_gpus_are_read_from_nvidia_smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'NVIDIA H100, 81559, 550.54.15'\necho 'NVIDIA Thor, [N/A], 580.00'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    device._output_of.cache_clear()
    try:
        assert device_manifest()["gpus"] == [
            {"name": "NVIDIA H100", "memory_bytes": 81559 * 2**20, "driver": "550.54.15"},
            {"name": "NVIDIA Thor", "memory_bytes": None, "driver": "580.00"},
        ]
    finally:
        device._output_of.cache_clear()


@pytest.mark.parametrize("script", ["exit 9", "echo 'NVIDIA-SMI has failed'", None])
def test_a_machine_without_a_working_gpu_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str | None
) -> None:
    if script:
        (tmp_path / "nvidia-smi").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path) + (":/bin" if script else ""))
    device._output_of.cache_clear()
    try:
        assert device_manifest()["gpus"] == []
    finally:
        device._output_of.cache_clear()


def test_there_is_at_least_one_usable_core() -> None:
    assert 1 <= usable_cores() <= (os.cpu_count() or 1)


def test_every_phase_stands_in_the_document() -> None:
    from tunescope.analysis.costs import PHASES

    text = (Path(timing.__file__).parents[2] / "docs" / "timing.md").read_text()
    assert [phase for phase in PHASES if f"`{phase}`" not in text] == []


def test_the_room_imports_no_torch() -> None:
    code = "import sys, tunescope.timing as t; t.device_manifest(); print('torch' in sys.modules)"

    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"
