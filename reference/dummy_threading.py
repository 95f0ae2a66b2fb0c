"""The reference without threads: a drop-in where there is no thread module.

``import threadspec.reference.dummy_threading as threading``: it has the names of the reference and
is made of the reference's own source, over a layer that needs no thread module
(``overview.dummy-threading``).

``start()`` runs the thread to its end before it returns.  Nothing blocks: a lock that a suspended
thread holds is taken all the same; what only another thread could end is a RuntimeError; a time-out
is slept (so a timer's ``start()`` sleeps its interval, and then calls the function).
"""

from . import _dummy_layer
from ._instantiate import instantiate

# The import system hands out what is in sys.modules by the end of this module: the package made.
instantiate(__name__, _dummy_layer).__doc__ = __doc__
