"""The Kedro package: it wires the rooms of ``tunescope`` into pipelines and keeps the run's record."""

import warnings

# What Kedro itself calls, and what its namespaces look like: nothing that a user of ours could mend.
for _message in ("register_new_resolver", "One or more dataset names contain '.'"):
    warnings.filterwarnings("ignore", message=_message)
