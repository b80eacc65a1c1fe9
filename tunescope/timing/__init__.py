"""Where the time goes, and on which machine: phase clocks and the device manifest.

What needs torch stands in modules of its own: ``work``, ``peak``, ``energy`` and ``operators``.
"""

from tunescope.timing.device import device_manifest, usable_cores
from tunescope.timing.phases import PhaseClock

__all__ = ["PhaseClock", "device_manifest", "usable_cores"]
