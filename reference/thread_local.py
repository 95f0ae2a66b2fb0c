"""Thread-local data: the class ``local``.

``local`` is the thread layer's own class, not a subclass of it: a subclass would read attributes by
a slower way.  Its documentation is therefore here.

``local()`` takes no argument and returns an object whose attributes are the calling thread's own
(``local.instance``, ``local.store``, ``local.unset-elsewhere``, ``local.elsewhere-unchanged``,
``local.delete.own-only``).  ``__dict__`` holds those of the thread that reads it
(``local.dict.*``).
An attribute that the calling thread has not set is an AttributeError
(``local.missing-attribute``).  What a thread has set goes with the thread, or with the object
(``local.ends-with-thread``, ``local.ident-reuse``, ``local.released-with-local``).

It can be subclassed (``local.subclass.*``): class attributes and methods are shared, and methods
see the values of the thread that calls them; attributes in ``__slots__`` are shared between
threads.  A subclass with an own ``__init__`` takes that method's arguments, and the method runs
again, with the same arguments, before the first use of the object in each further thread.
Arguments for a class without an own ``__init__`` are a TypeError
(``local.arguments-without-init``).
"""

from ._layer import local

__all__ = ["local"]
