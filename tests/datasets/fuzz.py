"""Feeds readers with what a coverage-guided fuzzer makes up.

In an environment that has Tunescope and atheris, for each family of ``spoilt_sources.SEEDS``:
``python tests/datasets/fuzz.py tar corpus/ -max_total_time=180 -rss_limit_mb=2048``
Put what breaks a reader into ``tests/datasets/cases``, as ``<family>.<what is wrong>``.
"""

import sys
import tempfile
import warnings
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["tunescope.datasets", "zipfile", "gzip", "csv", "numpy.lib"]):
    sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
    import spoilt_sources


def main() -> None:
    """Fuzz the family that is named first; the rest is for libFuzzer."""
    program, family, corpus, *options = sys.argv
    Path(corpus).mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(spoilt_sources.SEEDS[family]):
        (Path(corpus) / f"seed-{number}").write_bytes(seed)
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:

        def test_one_input(content: bytes) -> None:
            spoilt_sources.survives(spoilt_sources.write(family, content, Path(folder)))

        atheris.Setup([program, corpus, *options], test_one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
