"""``settrace()``.

All of its cases are in ``battery/shared/hooks.py``.
"""

from threadspec.conformance.battery.shared import hooks
from threadspec.conformance.harness.vocabulary import bind

bind(globals(), hooks)
