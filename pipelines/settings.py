"""Kedro's project settings."""

from pipelines.hooks import RunHooks

HOOKS = (RunHooks(),)
CONFIG_LOADER_ARGS = {"base_env": "base", "default_run_env": "local"}
