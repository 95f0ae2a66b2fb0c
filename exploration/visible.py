"""Loads an implementation written in Python so that its steps are seen.

Its source is rewritten before it is run: the containers it makes are visible ones, so are the
globals that its functions rebind, and the attributes that are set outside ``__init__``.  The
low-level thread module and the clock that it imports are simulated.
"""

from __future__ import annotations

import ast
import builtins
import collections
import contextlib
import hashlib
import importlib.util
import io
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Set
from difflib import get_close_matches
from functools import lru_cache
from importlib.machinery import ModuleSpec
from itertools import chain
from pathlib import Path
from types import CodeType, ModuleType, SimpleNamespace
from typing import Any

from threadspec.conformance.errors import UserError
from threadspec.exploration import cells, layer
from threadspec.exploration.scheduler import Abandoned, time_limit
from threadspec.reference import _instantiate

_MAKERS = {
    "list": "new_list",
    "dict": "new_dict",
    "set": "new_set",
    "tuple": "new_tuple",
    "sorted": "new_sorted",
}
Number = int | float

# The seconds after which the import of an implementation is given up.
IMPORT = 20.0

REFERENCE = Path(_instantiate.__file__).parent
REFERENCE_NAME = "threadspec.reference"
_KIT = "__threadspec_cells__"
_BOUND = "__threadspec_bound__"
_GLOBALS = "__threadspec_globals__"


class Subject:
    """A loaded implementation.

    ``module``: its names; ``digest``: a digest of its sources, so that a token of another source is
    refused; ``name``: what the user calls it; ``variant``: in what it differs from the usual one,
    or ""; ``mapped``: the documented names that its adapter has mapped, as {documented: own};
    ``bounds``: the constants that its adapter has replaced, as {name: (value in the source, value
    while it is explored)}.
    """

    def __init__(self, name: str, module: Any, digest: str, born: list[Any], files: list[Path]):
        self.name = name
        self.variant = ""
        self.module = module
        self.digest = digest
        self.files = files
        self.mapped: dict[str, str] = {}
        self.bounds: dict[str, tuple[Number, Number]] = {}
        self._saved = [(thing, thing.save()) for thing in born]
        self._globals: list[tuple[dict[str, Any], dict[str, Any]]] = []

    def keep(self, space: dict[str, Any], names: set[str]) -> None:
        """Restore these globals of a module before each run, too."""
        if names:
            self._globals.append((space, {name: space.get(name) for name in names}))

    def reset(self) -> None:
        """Make everything as it was when the module had been imported."""
        for thing, state in self._saved:
            thing.restore(state)
        for space, values in self._globals:
            space.update(values)


class Source:
    """One file of an implementation: its tree and what is found in it."""

    def __init__(self, path: Path, text: str) -> None:
        self.path = path
        self.text = text
        self.tree = _parsed(path, text)
        self.attributes, self.globals = set_names(path, text)


def _parsed(path: Path, text: str) -> ast.Module:
    try:
        return ast.parse(text, str(path))
    except SyntaxError as error:
        raise UserError(
            f"{path} cannot be explored: its syntax is not that of this interpreter (line "
            f"{error.lineno}: {error.msg})."
        ) from error


@lru_cache(1000)  # each file is scanned, and then loaded, for every variant of a subject
def set_names(path: Path, text: str) -> tuple[frozenset[str], frozenset[str]]:
    """The attributes that a file sets, and the globals that its functions set.

    Raises UserError for a file whose syntax is not that of this interpreter.
    """
    tree = _parsed(path, text)
    declared = [node.names for node in ast.walk(tree) if isinstance(node, ast.Global)]
    return frozenset(_set_attributes(tree)), frozenset(chain.from_iterable(declared))


def _set_attributes(tree: ast.Module) -> Iterator[str]:
    """The names of attributes that are set outside ``__init__``, or of other objects."""
    for node, function, own in _attributes(tree):
        if isinstance(node.ctx, ast.Load):
            continue
        if (function == "__init__" and own) or node.attr.startswith("__"):
            continue
        yield node.attr


def _attributes(
    node: ast.AST, function: str | None = None, first: str | None = None
) -> Iterator[tuple[ast.Attribute, str | None, bool]]:
    """Each attribute expression, its function, and whether it is one of that's first argument."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef):
            arguments = [*child.args.posonlyargs, *child.args.args]
            yield from _attributes(child, child.name, arguments[0].arg if arguments else None)
            continue
        if isinstance(child, ast.Attribute):
            own = isinstance(child.value, ast.Name) and child.value.id == first
            yield child, function, own
        yield from _attributes(child, function, first)


class Bounds:
    """Numbers that take the place of constants of an implementation while it is explored.

    ``wanted``: the numbers, by the name of a constant with its module and, if it is an attribute of
    a class, the class; ``asks``: a sentence that says, for a name, where its number is given.
    """

    def __init__(
        self,
        wanted: Mapping[str, Number],
        asks: Callable[[str], str] = "A number is given for {}.".format,
    ) -> None:
        self._wanted = wanted
        self._asks = asks
        self.assigned: set[str] = set()
        self.replaced: dict[str, tuple[Number, Number]] = {}

    def assigns(self, name: str) -> bool:
        """Note that a constant is assigned; return whether a number takes its place."""
        self.assigned.add(name)
        return name in self._wanted

    def replace(self, name: str, value: object) -> Number:
        """The number in the place of ``value``.  Raises UserError if that is no number."""
        new = self._wanted[name]
        if isinstance(value, bool) or not isinstance(value, Number):
            raise self._error(name, f"but this is no number: it is {value!r}.")
        if isinstance(value, int) and not isinstance(new, int):
            raise self._error(name, f"but this is {value!r}; give a whole number in its place.")
        self.replaced[name] = (value, new)
        return new

    def check(self) -> None:
        """Raise UserError for a constant that was not found."""
        for name in self._wanted:
            if name not in self.assigned:
                near = get_close_matches(name, sorted(self.assigned), 1)
                hint = f"; did you mean {near[0]}?" if near else "."
                raise self._error(name, "but no module that was loaded has this constant" + hint)

    def _error(self, name: str, mistake: str) -> UserError:
        return UserError(f"{self._asks(name).rstrip('.')}, {mistake}")


class _Rewriter(ast.NodeTransformer):
    """Rewrites a file of the module called ``name``."""

    def __init__(self, source: Source, name: str, bounds: Bounds) -> None:
        self._source = source
        self._bounds = bounds
        self._scope = [name]  # the module, and the classes around what is visited
        self._depth = 0
        self._bound: list[set[str]] = []
        self._kept: set[int] = set()

    def _kit(self, name: str, node: ast.expr, *args: ast.expr, **kwargs: Any) -> ast.expr:
        site = f"{self._source.path.stem}:{node.lineno}"
        call = ast.Call(
            ast.Attribute(ast.Name(_KIT, ast.Load()), name, ast.Load()),
            [ast.Constant(site), *args],
            kwargs.get("keywords", []),
        )
        return ast.copy_location(call, node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self._bound.append(_locals(node))
        self._kept |= _private_displays(node)
        node.decorator_list = [self.visit(one) for one in node.decorator_list]
        node.args = self._visit_outside(node.args)
        self._depth += 1
        node.body = [self.visit(one) for one in node.body]
        self._depth -= 1
        self._bound.pop()
        return node

    def _visit_outside(self, arguments: ast.arguments) -> ast.arguments:
        arguments.defaults = [self.visit(one) for one in arguments.defaults]
        arguments.kw_defaults = [one and self.visit(one) for one in arguments.kw_defaults]
        return arguments

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        self._bound.append(
            {one.arg for one in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]}
        )
        self._depth += 1
        node.body = self.visit(node.body)
        self._depth -= 1
        self._bound.pop()
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        sets = {
            one.attr
            for one, _, own in _attributes(node)
            if own and not isinstance(one.ctx, ast.Load)
        }
        self._scope.append(node.name)
        # Slots stay what they are: the containers that name them are no data.
        node.body = [one if _assigns(one, "__slots__") else self.visit(one) for one in node.body]
        self._scope.pop()
        node.decorator_list = [self.visit(one) for one in node.decorator_list]
        mark = ast.parse(f"__threadspec_sets__ = {tuple(sorted(sets))!r}").body[0]
        if not _has_slots(node):
            node.body.append(mark)
        else:
            node.body.append(mark)
        install = ast.Name("__threadspec_install__", ast.Load())
        node.decorator_list.insert(0, ast.copy_location(install, node))
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if not self._depth or node.id not in self._source.globals:
            return node
        if any(node.id in names for names in self._bound):
            return node
        found = ast.Attribute(ast.Name(_GLOBALS, ast.Load()), node.id, node.ctx)
        return ast.copy_location(found, node)

    def visit_Global(self, node: ast.Global) -> ast.AST:
        return ast.copy_location(ast.Pass(), node)

    def visit_List(self, node: ast.List) -> ast.AST:
        self.generic_visit(node)
        if not isinstance(node.ctx, ast.Load) or id(node) in self._kept:
            return node
        return self._kit("new_list", node, node)

    def visit_ListComp(self, node: ast.ListComp) -> ast.AST:
        self.generic_visit(node)
        return node if id(node) in self._kept else self._kit("new_list", node, node)

    def visit_Dict(self, node: ast.Dict) -> ast.AST:
        self.generic_visit(node)
        return node if id(node) in self._kept else self._kit("new_dict", node, node)

    visit_DictComp = visit_Dict  # type: ignore[assignment]

    def visit_Set(self, node: ast.Set) -> ast.AST:
        self.generic_visit(node)
        return node if id(node) in self._kept else self._kit("new_set", node, node)

    visit_SetComp = visit_Set  # type: ignore[assignment]

    def visit_Call(self, node: ast.Call) -> ast.AST:
        kept = id(node) in self._kept
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in _MAKERS and not kept:
            if any(node.func.id in names for names in self._bound):
                return node
            return self._kit(_MAKERS[node.func.id], node, *node.args, keywords=node.keywords)
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        self.generic_visit(node)
        if node.name:  # frames of ours are not to be seen in it
            trim = ast.Attribute(ast.Name(_KIT, ast.Load()), "trim", ast.Load())
            call = ast.Expr(ast.Call(trim, [ast.Name(node.name, ast.Load())], []))
            node.body.insert(0, ast.copy_location(call, node.body[0]))
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        if _assigns(node, "__all__"):
            return node
        self.generic_visit(node)
        if len(node.targets) == 1:
            node.value = self._bounded(node.targets[0], node.value)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        self.generic_visit(node)
        if node.value is not None:
            node.value = self._bounded(node.target, node.value)
        return node

    def _bounded(self, target: ast.expr, value: ast.expr) -> ast.expr:
        """The value that is assigned to a constant: the adapter's number, if it has one."""
        if self._depth or not isinstance(target, ast.Name):
            return value
        name = ".".join([*self._scope, target.id])
        if not self._bounds.assigns(name):
            return value
        call = ast.Call(ast.Name(_BOUND, ast.Load()), [ast.Constant(name), value], [])
        return ast.copy_location(call, value)


def _assigns(node: ast.stmt, name: str) -> bool:
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == name for target in node.targets
    )


def _has_slots(node: ast.ClassDef) -> bool:
    return any(_assigns(one, "__slots__") for one in node.body)


def _locals(function: ast.FunctionDef) -> set[str]:
    """The names that are local to a function."""
    arguments = function.args
    names = {one.arg for one in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]}
    names |= {one.arg for one in (arguments.vararg, arguments.kwarg) if one is not None}
    declared: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            declared |= set(node.names)
    return names - declared


def _private_displays(function: ast.FunctionDef) -> set[int]:
    """The displays in a function that no other code can get hold of: those that are only read."""
    private: set[int] = set()
    for node in ast.walk(function):
        if isinstance(node, (ast.For, ast.comprehension)):
            private.add(id(node.iter))
        elif isinstance(node, ast.Compare):
            private |= {id(one) for one in node.comparators}
        elif isinstance(node, ast.Starred):
            private.add(id(node.value))
        elif isinstance(node, ast.JoinedStr):
            private |= {id(one) for one in ast.walk(node)}
    return private


class _Modules(dict[str, Any]):
    """``sys.modules`` of explored modules: there is no ``threading``, and they are there."""

    def __init__(self, loader: Loader) -> None:
        super().__init__()
        self._loader = loader

    def __missing__(self, name: str) -> Any:
        return self._loader.replaced.get(name) or self._loader.modules[name]

    def __setitem__(self, name: str, module: Any) -> None:
        self._loader.replaced[name] = module


class _Nowhere(io.TextIOBase):
    """The standard error of explored modules, to which thousands of runs would report."""

    def write(self, text: str) -> int:
        return len(text)


class _Imports:
    """The ``__import__`` of explored modules."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def __call__(
        self,
        name: str,
        space: Any = None,
        local: Any = None,
        fromlist: Any = (),
        level: int = 0,
    ) -> Any:
        if not level:
            if name.startswith(REFERENCE_NAME):
                found = self._loader.reference(name if fromlist else "threadspec.reference")
                return found if fromlist else SimpleNamespace(reference=found)
            if name == "threadspec" and "reference" in (fromlist or ()):
                return SimpleNamespace(reference=self._loader.reference("threadspec.reference"))
            found = self._loader.substitute(name)
            if found is not None:
                return found
        else:
            package = (space or {}).get("__package__") or ""
            base = package.rsplit(".", level - 1)[0] if level > 1 else package
            name = f"{base}.{name}" if name else base
        if self._loader.owns(name):
            found = self._loader.module(name)
            for one in fromlist or ():
                if one != "*" and not hasattr(found, one):
                    with contextlib.suppress(ImportError):
                        setattr(found, one, self._loader.module(f"{name}.{one}"))
            if fromlist:
                return found
            return self._loader.module(name.partition(".")[0]) if not level else found
        return builtins.__import__(name, space, local, fromlist, 0)


class Loader:
    """Loads the files of one implementation, and replaces what they import.

    ``version``: the version of CPython whose low-level module they get; ``roots``: the package or
    module that is rewritten, with its file; ``standard``: the file of the standard library's
    ``threading`` for modules that build on it; ``bounds``: the constants to replace.
    """

    def __init__(
        self,
        version: tuple[int, int],
        roots: dict[str, Path],
        standard: Path | None,
        bounds: Bounds,
    ) -> None:
        self._version = version
        self._roots = roots
        self._standard = standard
        self._bounds = bounds
        self.modules: dict[str, ModuleType] = {}
        self.sources: list[Source] = []
        self.globals: list[tuple[ModuleType, Set[str]]] = []
        self.attributes: set[str] = set()
        self.replaced: dict[str, Any] = {}  # modules that have put others in their place
        self._reference: Any = None
        self._substitutes: dict[str, ModuleType] = {}
        self._builtins = dict(vars(builtins), __import__=_Imports(self))

    def owns(self, name: str) -> bool:
        """Whether a module is one of those that are rewritten."""
        return name.partition(".")[0] in self._roots or name in self._roots

    def substitute(self, name: str) -> ModuleType | None:
        """What an explored module gets when it imports ``name``, if not what others get."""
        if name in self._substitutes:
            return self._substitutes[name]
        found: ModuleType | None = None
        if name == "_thread":
            found = layer.low_level_module(self._version)
        elif name == "threading" and self._standard is not None and not self.owns(name):
            self._roots["threading"] = self._standard
            found = self.module("threading")
        elif name == "time":
            found = cells._like(
                time,
                monotonic=layer.clock,
                time=layer.clock,
                sleep=layer.sleep,
                perf_counter=layer.clock,
            )
        elif name == "itertools":
            found = cells.itertools_module()
        elif name in ("collections", "_collections"):
            found = cells._like(collections, deque=cells.VisibleDeque)
        elif name == "os":
            found = cells._like(os)
            del found.register_at_fork
        elif name == "atexit":
            found = ModuleType("atexit")
            nothing = dict.fromkeys(("register", "unregister"), lambda *args, **kwargs: None)
            found.__dict__.update(nothing, _ncallbacks=lambda: 0)
        elif name == "warnings":
            found = ModuleType("warnings")
            found.warn = lambda *args, **kwargs: None  # type: ignore[attr-defined]
        elif name == "sys":
            found = cells._like(sys, modules=_Modules(self), stderr=_Nowhere())
        if found is not None:
            self._substitutes[name] = found
        return found

    def module(self, name: str) -> ModuleType:
        """An explored module, loaded when it is asked for first.  Raises ImportError for none."""
        if name in self.modules:
            return self.modules[name]
        parent, _, last = name.rpartition(".")
        if parent and parent in self._roots | self.modules.keys():
            holder = self.module(parent)
        else:
            holder = None
        path = self._find(name)
        module = ModuleType(name)
        is_package = path.name == "__init__.py"
        module.__file__ = str(path)
        module.__package__ = name if is_package else parent
        if is_package:
            module.__path__ = [str(path.parent)]
        self.modules[name] = module
        try:
            self.execute(module, path, name)
        except BaseException:
            del self.modules[name]
            raise
        if holder is not None:
            setattr(holder, last, module)
        return module

    def _find(self, name: str) -> Path:
        root = next(one for one in (name, name.partition(".")[0]) if one in self._roots)
        path = self._roots[root]
        rest = name[len(root) + 1 :].split(".") if name != root else []
        if not rest:
            return path
        base = path.parent.joinpath(*rest)
        for candidate in (base / "__init__.py", base.with_suffix(".py")):
            if candidate.is_file():
                return candidate
        raise ImportError(f"there is no module {name}", name=name)

    def reference(self, name: str) -> Any:
        """What a module that builds on the reference imports from it: an explored instance."""
        if self._reference is None:
            simulated = layer.reference_layer()
            self._reference = _instance(self, REFERENCE, simulated)
            self._reference._layer = simulated
            maker = ModuleType("_instantiate")
            maker.__dict__["instantiate"] = self._instantiate
            self._reference._instantiate = maker
        found = self._reference
        for part in name.split(".")[2:]:
            found = getattr(found, part)
        return found

    def _instantiate(self, name: str, simulated: ModuleType) -> Any:
        package = _instance(self, REFERENCE, simulated)
        self.replaced[name] = package
        return package

    def scan(self, files: Iterator[Path]) -> None:
        """Find the attributes that are set in these files."""
        for path in files:
            with contextlib.suppress(UserError, OSError, UnicodeDecodeError):
                self.attributes |= set_names(path, path.read_text("utf-8"))[0]

    def execute(self, module: ModuleType, path: Path, name: str) -> None:
        """Run a rewritten file in a module.  ``name``: that of the module in its adapter file."""
        try:
            source = Source(path, path.read_text("utf-8"))
        except OSError as error:
            raise UserError(f"{path} cannot be read: {error.strerror}.") from error
        self.sources.append(source)
        self.attributes |= source.attributes
        names = source.globals
        self.globals.append((module, names))
        space = module.__dict__
        space["__builtins__"] = self._builtins
        space[_KIT] = cells
        space[_GLOBALS] = cells.Globals(module, names)
        space[_BOUND] = self._bounds.replace
        space["__threadspec_install__"] = lambda kind: cells.install(kind, self.attributes)
        exec(self.compile(source, name), space)

    def prepare(self, setup: str) -> None:
        """Run an adapter's set-up code, which changes the modules that are loaded here."""
        library = (self._standard or self._roots["threading"]).parent
        self._roots["_threading_local"] = library / "_threading_local.py"
        code = compile(setup, "<set-up code of the adapter>", "exec", dont_inherit=True)
        exec(code, {"__name__": "setup", "__builtins__": self._builtins})

    def compile(self, source: Source, name: str) -> CodeType:
        """The code of a rewritten file."""
        rewriter = _Rewriter(source, name, self._bounds)
        tree = ast.fix_missing_locations(rewriter.visit(source.tree))
        return compile(tree, str(source.path), "exec", dont_inherit=True)

    def finish(self, name: str, module: Any) -> Subject:
        """The subject, after everything has been imported.

        Raises UserError for a constant that was to be replaced and was not found.
        """
        self._bounds.check()
        assert layer.born is not None
        born, layer.born = layer.born, None
        digest = hashlib.sha256()
        for source in sorted(self.sources, key=lambda one: one.path):
            digest.update(source.text.encode())
        if self._bounds.replaced:
            digest.update(repr(sorted(self._bounds.replaced.items())).encode())
        files = [source.path for source in self.sources]
        subject = Subject(name, module, digest.hexdigest()[:8], born, files)
        subject.bounds = self._bounds.replaced
        for loaded, names in self.globals:
            subject.keep(loaded.__dict__, names & loaded.__dict__.keys())
        return subject


class _Finder:
    """Lets the import system load the files of one package by a loader of ours."""

    def __init__(self, prefix: str, folder: Path, loader: Loader) -> None:
        self._prefix = prefix
        self._folder = folder
        self._loader = loader

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """The import system's question for a module."""
        if not name.startswith(self._prefix):
            return None
        file = self._folder / f"{name[len(self._prefix) :]}.py"
        if not file.is_file():
            return None
        one: Any = _OneFile(file, self._loader)
        return importlib.util.spec_from_file_location(name, file, loader=one)


class _OneFile:
    def __init__(self, path: Path, loader: Loader) -> None:
        self._path = path
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> None:
        """Let the import system make the module."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the file."""
        self._loader.execute(module, self._path, f"{REFERENCE_NAME}.{self._path.stem}")


_numbers = iter(range(1, 10**9))


def _instance(loader: Loader, folder: Path, simulated: ModuleType) -> Any:
    """An instance of the reference over a layer, all its chapters loaded by ``loader``."""
    loader.scan(iter(sorted(folder.glob("*.py"))))
    name = f"_threadspec_explored_{next(_numbers)}"
    finder = _Finder(name + ".", folder, loader)
    sys.meta_path.insert(0, finder)
    try:
        package = _instantiate.instantiate(name, simulated)
        for one in package.__all__:
            getattr(package, one)
        for file in folder.glob("_[a-z]*.py"):  # what only other modules import
            if file.stem not in ("_layer", "_dummy_layer", "_instantiate"):
                importlib.import_module(f"{name}.{file.stem}")
    finally:
        sys.meta_path.remove(finder)
        for loaded in [one for one in sys.modules if one.startswith(name)]:
            del sys.modules[loaded]
    return package


def load_reference(
    label: str = "reference",
    reentrant: bool = True,
    folder: Path = REFERENCE,
    bounds: Bounds | None = None,
) -> Subject:
    """The reference over the simulated layer.

    ``label``: what to call it; ``reentrant``: whether the layer has an RLock, otherwise the
    reference makes its own; ``folder``: where its files are, by default those of the kit;
    ``bounds``: see :class:`Loader`, by default none.
    """
    loader = Loader(sys.version_info[:2], {}, None, bounds or Bounds({}))
    simulated = layer.reference_layer()
    if not reentrant:
        del simulated.RLock
    layer.born = []
    try:
        return loader.finish(label, _instance(loader, folder, simulated))
    finally:
        layer.born = None


def load_file(
    name: str,
    path: Path,
    version: tuple[int, int],
    standard: Path | None,
    setup: str | None = None,
    bounds: Bounds | None = None,
) -> Subject:
    """A module or a package in Python, over the simulated low-level module.

    ``name``: its dotted name; ``path``: its file; ``version``, ``standard`` and ``bounds``: see
    :class:`Loader`; ``setup``: the adapter's set-up code.  Raises UserError for one that cannot be
    loaded.
    """
    root = name
    if path.name == "__init__.py":
        files = sorted(path.parent.rglob("*.py"))[:300]
    else:
        files = [path]
        parts = name.split(".")
        top = path.parent
        for _ in parts[1:-1]:
            top = top.parent
        if len(parts) > 1 and (top / "__init__.py").is_file():
            root = parts[0]
            path = top / "__init__.py"
            files = sorted(top.rglob("*.py"))[:300]
    loader = Loader(version, {root: path}, standard, bounds or Bounds({}))
    loader.scan(iter(files))
    layer.born = []
    try:
        with time_limit(IMPORT):
            if setup:
                loader.prepare(setup)
            module: Any = loader.module(name)
        return loader.finish(name, loader.replaced.get(name, module))
    except UserError:
        raise
    except Abandoned as error:
        raise UserError(
            f"{name} cannot be explored: it has not been imported after {IMPORT:g} seconds."
        ) from error
    except Exception as error:
        raise UserError(
            f"{name} cannot be explored: importing it over the simulated thread module raised "
            f"{type(error).__name__}: {error}."
        ) from error
    finally:
        layer.born = None
