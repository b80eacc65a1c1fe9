"""The Kedro package: it wires the rooms of ``tunescope`` into pipelines and keeps the run's record."""
