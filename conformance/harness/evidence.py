"""Explains in one sentence why an ``assert`` of the battery failed: what was called, what it did,
and what was expected.

A local variable of a case means nothing to the reader of a verdict, so it is described by what was
assigned to it: ``got = lock.acquire(False)`` followed by ``assert got`` gives "acquire(False)
returned False, expected a true value".
"""

import ast
import linecache
import sys

from threadspec.conformance.harness.actors import Actor
from threadspec.conformance.harness.vocabulary import show, show_call

BATTERY = "threadspec.conformance.battery."

# A method of an actor that is asserted -> what the actor's call must do.
WANTED = {"returned": "return", "is_blocked": "block", "has_ended": "end", "raised": "raise"}

# Functions that may be called again to show a value.
PURE = ("len", "list", "range", "sorted", "tuple")

OPERATORS = {
    "Eq": "%s",
    "Is": "%s",
    "NotEq": "anything but %s",
    "IsNot": "an object other than %s",
    "In": "one of %s",
    "NotIn": "none of %s",
    "Lt": "less than %s",
    "LtE": "at most %s",
    "Gt": "more than %s",
    "GtE": "at least %s",
}


class Unclear(Exception):
    """An assert cannot be explained: it needs a message of its own."""


class Scope(object):
    """The function that contains an assert, and the values of its names when the assert failed.

    ``function``: its syntax tree; ``names``: {name: value}; ``line``: the line of the assert.
    """

    def __init__(self, function, names, line):
        self._function = function
        self._line = line
        self.names = names

    def value(self, node):
        """The value of a node that is a name; None for any other node."""
        return self.names.get(node.id) if isinstance(node, ast.Name) else None

    def assigned(self, name):
        """The expression last assigned to a name.  Raises Unclear if there is none."""
        found = None
        for node in ast.walk(self._function):
            if isinstance(node, ast.Assign) and node.lineno < self._line:
                value = _part(node.targets[0], node.value, name)
                if value is not None and (found is None or node.lineno >= found[0]):
                    found = (node.lineno, value)
        if found is None:
            raise Unclear("%s is not assigned" % name)
        return found[1]


def _part(target, value, name):
    """The part of an assigned expression that is bound to a name in the target, or None."""
    if isinstance(target, ast.Name):
        return value if target.id == name else None
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        for one, other in zip(target.elts, value.elts):
            found = _part(one, other, name)
            if found is not None:
                return found
    return None


def explain(frame, line):
    """Explain the failed assert at a line of a frame in the battery.

    Raises Unclear if that is not possible.
    """
    name = frame.f_code.co_name
    function = _last(_part_at(frame.f_code.co_filename, line), ast.FunctionDef, line, name)
    node = _last(function, ast.Assert, line)
    names = dict(frame.f_globals)
    names.update(frame.f_locals)
    return _sentence(node.test, Scope(function, names, node.lineno))


_trees = {}  # {path of a file of the battery: (its lines, its syntax tree)}


def _part_at(path, line):
    """The last statement of a file's top level that begins at or before a line."""
    lines = linecache.getlines(path)
    if path not in _trees or _trees[path][0] is not lines:
        _trees[path] = lines, ast.parse("".join(lines))
    parts = [one for one in _trees[path][1].body if one.lineno <= line]
    if not parts:
        raise Unclear("there is no statement")
    return parts[-1]


def _last(tree, kind, line, name=None):
    """The last node of a kind, and of a name, if that is given, that begins at or before a line."""
    nodes = [one for one in ast.walk(tree) if isinstance(one, kind) and one.lineno <= line]
    nodes = [one for one in nodes if name in (None, getattr(one, "name", None))]
    if not nodes:
        raise Unclear("there is no %s" % kind.__name__)
    return max(nodes, key=lambda one: one.lineno)


def _sentence(test, scope):
    """The sentence for a failed check."""
    wanted = True
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test, wanted = test.operand, False
    told = _of_actors(test, wanted, scope) or _of_state(test, wanted, scope)
    if told:
        return told
    node = test
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and wanted:
        node = test.left
        operator = type(test.ops[0]).__name__
        expected = OPERATORS[operator] % _shown(test.comparators[0], scope)
    else:
        expected = "a true value" if wanted else "a false value"
    if not isinstance(node, (ast.Name, ast.Attribute)):
        raise Unclear("the value was not kept")
    what, verb = _describe(node, scope)
    if not isinstance(node, ast.Name):
        got = getattr(scope.value(node.value), node.attr)
    else:
        got = scope.value(node)
    return "%s %s %s, expected %s" % (what, verb, show(got), expected)


def _of_state(test, wanted, scope):
    """The sentence for a function of the battery that has ``states``; None for anything else."""
    if not isinstance(test, ast.Call):
        return None
    if isinstance(test.func, ast.Attribute):
        owner = type(scope.value(test.func.value))
        states = getattr(getattr(owner, test.func.attr, None), "states", None)
    elif test.func.id == "callable" and isinstance(test.args[0], ast.Attribute):
        return "%s cannot be called" % test.args[0].attr
    else:
        states = getattr(scope.value(test.func), "states", None)
    return states and states[wanted]


# -- actors ---------------------------------------------------------------------------------------


def _of_actors(test, wanted, scope):
    """The sentence for a check of what actors did; None for any other check."""
    for node in ast.walk(test):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            helpers = _actors_in(node.args[0], scope) if node.args else []
            if node.func.attr == "ended" and helpers:
                return _of_ended(helpers, test, scope)
            helpers = _actors_in(node.func.value, scope)
            if node.func.attr in WANTED and helpers:
                must = "must" if wanted else "must not"
                return "%s; it %s %s" % (
                    "; ".join([repr(actor) for actor in helpers]),
                    must,
                    WANTED[node.func.attr],
                )
    return None


def _of_ended(helpers, test, scope):
    """The sentence for a check of how many actors have ended."""
    failed = [actor for actor in helpers if actor.has_ended() and actor.error is not None]
    if failed:
        return repr(failed[0])
    expected = "none"
    if isinstance(test, ast.Compare):
        shown = _shown(test.comparators[0], scope)
        expected = "none" if shown in ("[]", "0") else shown
    call = helpers[0].asked and show_call(*helpers[0].asked)
    ended = len([actor for actor in helpers if actor.has_ended()])
    return "%d of %d calls of %s ended, expected %s" % (ended, len(helpers), call, expected)


def _actors_in(node, scope):
    """The actors that an expression names."""
    if isinstance(node, (ast.List, ast.Tuple)):
        return sum([_actors_in(one, scope) for one in node.elts], [])
    if isinstance(node, ast.BinOp):
        return _actors_in(node.left, scope) + _actors_in(node.right, scope)
    if isinstance(node, ast.Subscript):
        return _actors_in(node.value, scope)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return _actors_in(node.func.value, scope)  # actor.start(...)
    value = scope.value(node)
    if isinstance(node, ast.Attribute):
        value = getattr(scope.value(node.value), node.attr, None)
    helpers = list(value) if isinstance(value, (list, tuple)) else [value]
    return [one for one in helpers if isinstance(one, Actor)]


# -- expressions ----------------------------------------------------------------------------------


def _describe(node, scope):
    """Describe an expression for a reader who does not see the case; also return the verb."""
    if isinstance(node, ast.Name):
        return _describe(scope.assigned(node.id), scope)
    if isinstance(node, ast.Lambda):
        return _describe(node.body, scope)
    if isinstance(node, ast.Call):
        return _describe_call(node, scope)
    if isinstance(node, ast.Attribute):
        actor = scope.value(node.value)
        if isinstance(actor, Actor) and actor.asked:
            return show_call(*actor.asked), "returned"
        return "attribute %s" % node.attr, "is"
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute):
        index = getattr(node.slice, "value", node.slice)
        return "%s[%s]" % (node.value.attr, show(index)), "is"
    if isinstance(node, ast.Subscript) and isinstance(node.value, (ast.Call, ast.Name)):
        return "a part of " + _describe(node.value, scope)[0], "gave"
    if isinstance(node, ast.ListComp):
        return _describe(node.elt, scope)[0] + ", several times,", "gave"
    if isinstance(node, (ast.List, ast.Tuple)) and node.elts:
        return " and ".join([_describe(one, scope)[0] for one in node.elts]), "gave"
    raise Unclear(type(node).__name__)


def _describe_call(node, scope):
    function, owner = node.func, None
    if isinstance(function, ast.Attribute):
        owner = scope.value(function.value)
    elif not isinstance(function, ast.Name):
        raise Unclear("a call of what a call has returned")
    name = function.id if isinstance(function, ast.Name) else function.attr
    if name == "call":
        return _passed(node.args[0], node.args[1:], scope) + " in another thread", "returned"
    if name == "bool":
        return _describe(node.args[0], scope)
    if name == "result" and isinstance(owner, Actor) and owner.asked:
        return show_call(*owner.asked), "returned"
    return _passed(function, node.args, scope, node.keywords), "returned"


def _passed(function, arguments, scope, keywords=()):
    """The text of a call of ``function``, which may be made through another function."""
    if isinstance(function, ast.Lambda):
        return _describe(function.body, scope)[0]
    words = [_shown(one, scope) for one in arguments]
    words += ["%s=%s" % (one.arg, _shown(one.value, scope)) for one in keywords]
    if isinstance(function, ast.Attribute):
        helper, name = scope.value(function.value), function.attr
        helper = getattr(type(helper), name, None)
    else:
        helper, name = scope.value(function), function.id
    tells = getattr(helper, "tells", None)
    if tells:
        return tells % tuple(words[-tells.count("%s") :]) if "%s" in tells else tells
    if str(getattr(helper, "__module__", None)).startswith(BATTERY):
        raise Unclear("%s() has no @tells" % name)
    return "%s(%s)" % (name, ", ".join(words))


def _shown(node, scope):
    """The value of an expression.  Raises Unclear if that needs another call."""
    for one in ast.walk(node):
        if isinstance(one, ast.Call) and getattr(one.func, "id", None) not in PURE:
            raise Unclear("a call")
        if isinstance(one, (ast.Lambda, ast.ListComp)):
            return "..."
    try:
        code = compile(ast.fix_missing_locations(ast.Expression(body=node)), "<battery>", "eval")
        value = eval(code, dict(scope.names))
    except Exception:
        raise Unclear(str(sys.exc_info()[1]))
    if isinstance(value, type) or hasattr(value, "__name__"):
        return getattr(value, "__name__", "...")
    return show(value, 80)
