"""Attributes, globals and containers whose every use is one step of the run."""

from __future__ import annotations

import itertools
import os
from collections import deque
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any

from threadspec.exploration import layer
from threadspec.exploration.scheduler import READ, WRITE, Location, _active

_MISSING: Any = object()
_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep


class Box(Location):
    """The place of one attribute of one object."""

    __slots__ = ("value",)

    def __init__(self, site: object, value: Any) -> None:
        self.site = site
        self.serial = -1
        self.held = False
        self.value = value
        if layer.born is not None:
            layer.born.append(self)

    def save(self) -> Any:
        """The value, for :meth:`restore`."""
        return self.value

    def restore(self, value: Any) -> None:
        """Set the value."""
        self.value = value


class Attribute:
    """A descriptor in the place of an attribute that is set outside ``__init__``.

    ``default``: the class attribute that it replaces, if there is one; ``slot``: the descriptor of
    a slot, if that holds the attribute.
    """

    def __init__(self, owner: type, name: str, default: Any, slot: Any) -> None:
        self._name = name
        self._site = f"{owner.__name__}.{name}"
        self._default = default
        self._slot = slot

    def _box(self, thing: Any) -> Any:
        if self._slot is not None:
            try:
                return self._slot.__get__(thing)
            except AttributeError:
                return None
        return thing.__dict__.get(self._name)

    def _keep(self, thing: Any, box: Box) -> None:
        if self._slot is not None:
            self._slot.__set__(thing, box)
        else:
            thing.__dict__[self._name] = box

    def __get__(self, thing: Any, owner: type | None = None) -> Any:
        if thing is None:
            if self._default is not _MISSING:
                return self._default
            if self._slot is not None:
                return self
            raise AttributeError(self._name)
        box = self._box(thing)
        if type(box) is not Box:  # a default, or __dict__ was updated
            if box is None:
                box = self._default
            box = Box(self._site, box)
            self._keep(thing, box)
        run = _active[0]
        if run is not None and run.current is not None:
            run.step(box, READ)
        if box.value is _MISSING:
            raise AttributeError(f"{type(thing).__name__!r} object has no attribute {self._name!r}")
        return box.value

    def __set__(self, thing: Any, value: Any) -> None:
        box = self._box(thing)
        if type(box) is not Box:
            is_new = box is None and self._default is _MISSING
            box = Box(self._site, self._default if box is None else box)
            self._keep(thing, box)
            if is_new:  # the first assignment, in __init__: nobody else knows the object
                box.value = value
                return
        run = _active[0]
        if run is not None and run.current is not None:
            run.step(box, WRITE)
        box.value = value

    def __delete__(self, thing: Any) -> None:
        self.__get__(thing)
        self.__set__(thing, _MISSING)


class Globals:
    """The globals of a module that its functions rebind, as attributes."""

    def __init__(self, module: ModuleType, names: Iterable[str]) -> None:
        space = self.__dict__
        space["_space"] = module.__dict__
        space["_places"] = {name: Location(f"{module.__name__}.{name}") for name in names}

    def __getattr__(self, name: str) -> Any:
        run = _active[0]
        if run is not None and run.current is not None:
            run.step(self._places[name], READ)
        try:
            return self._space[name]
        except KeyError:
            raise NameError(f"name {name!r} is not defined") from None

    def __setattr__(self, name: str, value: Any) -> None:
        run = _active[0]
        if run is not None and run.current is not None:
            run.step(self._places[name], WRITE)
        self._space[name] = value

    def __delattr__(self, name: str) -> None:
        run = _active[0]
        if run is not None and run.current is not None:
            run.step(self._places[name], WRITE)
        del self._space[name]


def _step(place: Location, kind: int) -> None:
    run = _active[0]
    if run is not None and run.current is not None:
        run.step(place, kind)


def _reading(kind: type, name: str) -> Any:
    method = getattr(kind, name)

    def read(self: Any, *args: Any, **kwargs: Any) -> Any:
        run = _active[0]
        if run is not None and run.current is not None:
            run.step(self.place, READ)
        return method(self, *args, **kwargs)

    read.__name__ = name
    return read


def _writing(kind: type, name: str) -> Any:
    method = getattr(kind, name)

    def write(self: Any, *args: Any, **kwargs: Any) -> Any:
        run = _active[0]
        if run is not None and run.current is not None:
            run.step(self.place, WRITE)
        return method(self, *args, **kwargs)

    write.__name__ = name
    return write


_READERS = (
    "__contains__ __eq__ __ge__ __getitem__ __gt__ __le__ __len__ __lt__ __ne__ __repr__ "
    "__reversed__ __or__ __and__ __sub__ __add__ __mul__ copy count get index difference "
    "intersection isdisjoint issubset issuperset union "
)
_COPIERS = "copy difference intersection union __add__ __and__ __mul__ __or__ __sub__"
_WRITERS = (
    "__delitem__ __iadd__ __imul__ __ior__ __iand__ __isub__ __ixor__ __setitem__ add "
    "append appendleft clear difference_update discard extend extendleft insert "
    "intersection_update pop popitem popleft remove reverse rotate setdefault sort "
    "symmetric_difference_update update "
)


def _copying(method: Any) -> Any:
    """A method whose result, a container of the same kind, has a place of its own."""

    def copy(self: Any, *args: Any, **kwargs: Any) -> Any:
        found = method(self, *args, **kwargs)
        return _made(found, self.place.site) if type(found) is type(self) else found

    return copy


def _visible(kind: Any, save: Any, restore: Any) -> Any:
    """A subclass of a container whose operations are steps at its ``place``.

    ``save`` returns the items of one, and ``restore`` puts them back; neither is a step.
    """

    def iterate(self: Any) -> Iterator[Any]:
        return _Steps(self.place, kind.__iter__(self))

    body: dict[str, Any] = {"__slots__": ("place",), "__module__": "builtins"}
    for names, make in ((_READERS, _reading), (_WRITERS, _writing)):
        body.update((name, make(kind, name)) for name in names.split() if hasattr(kind, name))
    body.update((name, _copying(body[name])) for name in _COPIERS.split() if name in body)
    body.update(__iter__=iterate, __hash__=None, save=save, restore=restore)
    if kind is dict:
        body.update((name, _viewing(name)) for name in ("keys", "values", "items"))
    if kind is list:
        plain = body["__getitem__"]

        def getitem(self: Any, index: Any) -> Any:
            found = plain(self, index)
            return new_list(self.place.site, found) if type(index) is slice else found

        body["__getitem__"] = getitem
    return type(kind.__name__, (kind,), body)


class _Steps:
    """An iterator over a container, each of whose items is one step."""

    __slots__ = ("_iterator", "_place")

    def __init__(self, place: Location, iterator: Iterator[Any]) -> None:
        self._place = place
        self._iterator = iterator

    def __iter__(self) -> _Steps:
        return self

    def __next__(self) -> Any:
        _step(self._place, READ)
        return next(self._iterator)


class View:
    """A view of a dictionary."""

    __slots__ = ("_dictionary", "_view", "name")

    def __init__(self, dictionary: Any, name: str) -> None:
        self._dictionary = dictionary
        self._view = getattr(dict, name)(dictionary)
        self.name = name

    def __iter__(self) -> _Steps:
        return _Steps(self._dictionary.place, iter(self._view))

    def __len__(self) -> int:
        _step(self._dictionary.place, READ)
        return len(self._view)

    def __contains__(self, item: object) -> bool:
        _step(self._dictionary.place, READ)
        return item in self._view

    def snapshot(self) -> list[Any]:
        """Its items, all in one step."""
        _step(self._dictionary.place, READ)
        return list(self._view)


def _viewing(name: str) -> Any:
    def view(self: Any) -> View:
        return View(self, name)

    view.__name__ = name
    return view


def _restore_list(thing: Any, items: Any) -> None:
    list.__setitem__(thing, slice(None), items)


def _restore_deque(thing: Any, items: Any) -> None:
    deque.clear(thing)
    deque.extend(thing, items)


def _restore_dict(thing: Any, items: Any) -> None:
    dict.clear(thing)
    dict.update(thing, items)


def _restore_set(thing: Any, items: Any) -> None:
    set.clear(thing)
    set.update(thing, items)


List = _visible(list, lambda thing: list.__getitem__(thing, slice(None)), _restore_list)
Dict = _visible(dict, lambda thing: dict(dict.items(thing)), _restore_dict)
Set = _visible(set, lambda thing: list(set.__iter__(thing)), _restore_set)
Deque = _visible(deque, lambda thing: list(deque.__iter__(thing)), _restore_deque)


def _items(source: Any) -> Any:
    """The items of what a container is made of: those of a built-in one are read in one step."""
    if type(source) is View:
        return source.snapshot()
    place = getattr(source, "place", None)
    if isinstance(source, (list, dict, set, deque)) and isinstance(place, Location):
        _step(place, READ)
        return source.save()  # type: ignore[union-attr]
    return source


def _made(thing: Any, site: object) -> Any:
    thing.place = Location(site)
    layer.note_birth(thing)
    return thing


def new_list(site: object, items: Any = ()) -> Any:
    """A visible list."""
    thing = List.__new__(List)
    list.__init__(thing, _items(items))
    return _made(thing, site)


def new_dict(site: object, *items: Any, **more: Any) -> Any:
    """A visible dictionary."""
    thing = Dict.__new__(Dict)
    dict.__init__(thing, *map(_items, items), **more)
    return _made(thing, site)


def new_set(site: object, items: Any = ()) -> Any:
    """A visible set."""
    thing = Set.__new__(Set)
    set.__init__(thing, _items(items))
    return _made(thing, site)


def new_deque(*args: Any, **kwargs: Any) -> Any:
    """A visible deque."""
    thing = Deque.__new__(Deque)
    if args:
        args = (_items(args[0]), *args[1:])
    deque.__init__(thing, *args, **kwargs)
    return _made(thing, layer._where())


def new_tuple(site: object, items: Any = ()) -> Any:
    """A tuple of the items of a container, which are read in one step."""
    return tuple(_items(items))


def new_sorted(site: object, items: Any, **kwargs: Any) -> Any:
    """A sorted list of the items of a container, which are read in one step."""
    return new_list(site, sorted(_items(items), **kwargs))


class Count:
    """``itertools.count``: each number is one step."""

    def __init__(self, start: Any = 0, step: Any = 1) -> None:
        self._next = start
        self._by = step
        self.place = Location(layer._where())
        layer.note_birth(self)

    def save(self) -> Any:
        """The next number, for :meth:`restore`."""
        return self._next

    def restore(self, state: Any) -> None:
        """Set the next number."""
        self._next = state

    def __iter__(self) -> Count:
        return self

    def __next__(self) -> Any:
        _step(self.place, WRITE)
        number = self._next
        self._next += self._by
        return number


def itertools_module() -> ModuleType:
    """The module ``itertools`` with a visible ``count``."""
    return _like(itertools, count=Count)


def _like(module: ModuleType, **names: Any) -> ModuleType:
    """A copy of a module with other values for some names."""
    copy = ModuleType(module.__name__, module.__doc__)
    copy.__dict__.update(
        (name, value) for name, value in vars(module).items() if not name.startswith("__")
    )
    copy.__dict__.update(names)
    return copy


def trim(error: BaseException) -> None:
    """Take the frames of the simulation off the end of an exception's traceback."""
    last = trace = error.__traceback__
    while trace is not None:
        if not trace.tb_frame.f_code.co_filename.startswith(_HERE):
            last = trace
        trace = trace.tb_next
    if last is not None:
        last.tb_next = None


class DequeType(type):
    """The type of ``deque`` in an explored module: calling it makes a visible one."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        return new_deque(*args, **kwargs)

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, deque)


class VisibleDeque(metaclass=DequeType):
    """What explored modules get for ``deque``."""


def install(kind: type, names: set[str]) -> type:
    """Make the attributes ``names`` of the objects of a class visible; return the class."""
    if issubclass(kind, (type, BaseException)):
        return kind
    own = issubclass(kind, layer.local)  # its attributes are the thread's own, but for its slots
    space = vars(kind)
    wanted = set(space.get("__threadspec_sets__", ())) & names
    for name in wanted | {name for name in names if name in space}:
        default = space.get(name, _MISSING)
        slot = None
        if type(default).__name__ == "member_descriptor":
            slot, default = default, _MISSING
        elif (
            own
            or callable(default)
            or isinstance(default, (property, classmethod, staticmethod, Attribute))
            or (default is _MISSING and _inherits(kind, name))
        ):
            continue
        setattr(kind, name, Attribute(kind, name, default, slot))
    return kind


def _inherits(kind: type, name: str) -> bool:
    return any(isinstance(vars(base).get(name), Attribute) for base in kind.__mro__[1:])


class Shared:
    """A variable that tasks share: each use of ``value`` is a step."""

    __slots__ = ("_box",)

    def __init__(self, value: Any = None, site: str = "variable") -> None:
        self._box = Box(site, value)

    @property
    def value(self) -> Any:
        """The value."""
        _step(self._box, READ)
        return self._box.value

    @value.setter
    def value(self, value: Any) -> None:
        _step(self._box, WRITE)
        self._box.value = value
