"""What stands in the place of the module is an object with the documented names and no others."""

import sys

from threadspec import reference


class Names:
    """What import finds."""

    __slots__ = tuple(reference.__all__)

    def __init__(self):
        for name in reference.__all__:
            setattr(self, name, getattr(reference, name))


sys.modules[__name__] = Names()
