"""``settrace()``."""

from threadspec.conformance.battery.shared import hooks
from threadspec.conformance.harness.vocabulary import bind

bind(globals(), hooks)
