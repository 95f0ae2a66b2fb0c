"""Makes further instances of the reference, each over a thread layer of its own."""

import os
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import ModuleType

__all__ = ["instantiate"]


def instantiate(name, layer):
    """Return a package called ``name`` that is the reference over the thread layer ``layer``.

    ``layer``: a module with the names of ``_layer``.  The package is put into ``sys.modules``, and
    takes the place of a module that is there.  Its submodules are loaded from the very files of
    this package, so no source is edited or copied; all its objects are its own.  Raises what the
    import of a submodule raises, such as ImportError where the layer lacks a name.
    """
    folder = os.path.dirname(os.path.abspath(__file__))
    path = os.path.join(folder, "__init__.py")
    spec = ModuleSpec(name, SourceFileLoader(name, path), origin=path, is_package=True)
    spec.submodule_search_locations.append(folder)
    package = ModuleType(name)
    package.__spec__ = spec
    package.__loader__ = spec.loader
    package.__package__ = name
    package.__path__ = spec.submodule_search_locations
    package.__file__ = path
    package._layer = layer
    sys.modules[name] = package
    # Where "from ._layer import ..." finds it.
    sys.modules[name + "._layer"] = layer
    try:
        spec.loader.exec_module(package)
    except BaseException:
        for half_made in [one for one in sys.modules if (one + ".").startswith(name + ".")]:
            del sys.modules[half_made]
        raise
    return package
