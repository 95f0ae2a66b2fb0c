"""Makes further instances of the reference, each over a thread layer of its own."""

import os
import sys
from importlib.util import module_from_spec, spec_from_file_location

__all__ = ["instantiate"]


def instantiate(name, layer):
    """Return a package called ``name`` that is the reference over the thread layer ``layer``.

    ``layer``: a module with the names of ``_layer``.  The package is put into ``sys.modules``, and
    takes the place of a module that is there.  Its submodules are loaded from the very files of
    this package, so no source is edited or copied; all its objects are its own.  They are loaded
    when they are needed: to ask the package for a name may raise what the import of a submodule
    raises, such as ImportError where the layer lacks a name.
    """
    path = os.path.join(os.path.dirname(__file__), "__init__.py")
    spec = spec_from_file_location(name, path)
    package = module_from_spec(spec)
    package._layer = layer
    sys.modules[name] = package
    # Where "from ._layer import ..." finds it.
    sys.modules[name + "._layer"] = layer
    spec.loader.exec_module(package)
    return package
