"""What `make bench` runs: each figure beside its rival, measured in the same run."""
