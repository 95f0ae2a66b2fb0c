"""Runs one case on the loaded implementation and reports its outcome, without a verdict.

An outcome is a plain dictionary, whose keys are described in ``conformance/PROTOCOL.md``.
"""

import ast
import json
import linecache
import os
import sys
import traceback

from threadspec.conformance.harness import (
    blocking,
    cleanup,
    declared,
    evidence,
    green,
    jvm,
    names,
    outcomes,
    pace,
    scarcity,
)
from threadspec.conformance.harness.actors import Actors
from threadspec.conformance.harness.durations import Durations
from threadspec.conformance.harness.mapping import Naming
from threadspec.conformance.harness.processors import OneProcessor
from threadspec.conformance.harness.programs import ProgramPool, Programs, limit, listen, say
from threadspec.conformance.harness.vocabulary import (
    KitError,
    NotOffered,
    Refused,
    Violation,
    show_error,
)

HERE = os.path.dirname(os.path.abspath(__file__))
BATTERY = os.path.join(os.path.dirname(HERE), "battery")

# Fixtures whose cases may use every processor: a race goes wrong more often if its threads run on
# different ones, and programs need not share one.
SPREADING = ("rounds", "programs")

# The classes whose objects are started.
STARTED = ("Thread", "Timer")

# Exceptions that, raised in the battery's own code, mean a mistake in the battery.
OWN_MISTAKES = (NameError, ImportError, SyntaxError, KitError)

# Exceptions that mean a refusal by the system where the harness has called a library's function.
REFUSALS = (EnvironmentError, ImportError, MemoryError)

# The functions of the harness that call the implementation for a case.
ACTIONS = ("_perform", "_act", "raises", "result", "_fixture", "__get__")


class Switching(object):
    """Shortens the interpreter's thread switch interval for provoked races, and restores it."""

    def __init__(self):
        self._before = None

    def quicken(self):
        """Let the interpreter switch threads as often as possible, until :meth:`restore`."""
        if self._before is None:
            try:
                if hasattr(sys, "setswitchinterval"):
                    self._before = sys.getswitchinterval()  # novm
                    sys.setswitchinterval(1e-6)  # novm
                else:
                    self._before = sys.getcheckinterval()
                    sys.setcheckinterval(1)
            except Exception:
                self._before = None  # the interpreter has no such setting

    def restore(self):
        """Restore the interval."""
        if self._before is not None:
            if hasattr(sys, "setswitchinterval"):
                sys.setswitchinterval(self._before)  # novm
            else:
                sys.setcheckinterval(self._before)
            self._before = None


class Observer(object):
    """Runs cases on one implementation.

    ``implementation``: the module object passed to cases as ``threading``; ``substrate``: the
    module that starts helper threads; ``durations``: the named durations; ``kit_threads``: kernel
    ids of the kit's own threads; ``origin``: how the implementation was loaded, for the fixture
    ``programs`` (see ``programs.Programs``); ``number``: the number of this worker among several,
    or None for the only one; ``mapped``: the names that were mapped, as {documented: own}.
    """

    def __init__(
        self,
        implementation,
        substrate,
        durations,
        kit_threads=(),
        origin=None,
        number=None,
        mapped=None,
    ):
        self._number = number
        self._mapped = mapped or {}
        self._omissions = names.Omissions((origin or {}).get("omits", ()))
        self._implementation = implementation
        self._substrate = substrate
        self._durations = durations
        self._kit_threads = kit_threads
        self._pool = ProgramPool(origin, durations)
        self._lacking = None  # the names the implementation lacks, once they have been looked for
        self.traceback = None

    def run_case(self, function, known=None):
        """Run one case function and return its outcome.

        ``known``: what other processes have learnt from waits, as :meth:`Experience.told` returns
        it.  The attribute ``traceback`` is that of the failure, if one happened in this process.
        """
        self.traceback = None
        if known:
            self._durations.experience.catch_up(known)
        if getattr(function, "apart", False):
            return self._run_apart(function)
        return self.run_here(function)

    def run_here(self, function):
        """Run one case function in this process, even if it is ``apart``; return its outcome."""
        context = self._context()
        asked = _parameters(function)
        if "programs" not in asked:
            self._pool.rest()
        processor = OneProcessor(self._number)
        if not [name for name in SPREADING if name in asked]:
            processor.take()
        threads = _count_threads()
        self._durations.begin(_chapter(function))
        began = blocking.clock()
        outcome = outcomes.outcome()
        try:
            function(*context.fixtures(function))
        except:  # noqa: E722 - SystemExit, KeyboardInterrupt and Java's throwables included
            self.traceback = sys.exc_info()[2]
            outcome.update(_explain(sys.exc_info()))
            missing = names.missing_name(sys.exc_info()[1])
            if outcome["outcome"] == "missing" and missing in self._omissions:
                outcome["outcome"] = "not-offered"
                outcome["observed"] = self._omissions.tell(missing)
            elif outcome["outcome"] == "violated":
                outcome["observed"] = _surprise_first(context.surprises(), outcome["observed"])
                try:
                    outcome.update(self._other_cause(function, context))
                except:  # noqa: E722 - a scheduler of green threads may raise an error late
                    pass
        else:
            if context.observations:
                outcome["outcome"] = "observed"
                outcome["observed"] = "; ".join(context.observations)
        if context.lack():  # whatever the case has made of that
            outcome = outcomes.outcome("not-offered", context.lack())
        seconds = blocking.clock() - began
        waits = self._durations.spent
        try:
            spoiled = context.clear() > 0 or _left_behind(threads, self._durations["cleanup"])
            spoiled = spoiled or green.is_littered(self._substrate)
        except:  # noqa: E722 - a scheduler of green threads may raise a thread's error here
            spoiled = True
            if outcome["outcome"] in ("ok", "observed"):
                outcome.update(_explain(sys.exc_info()))
        processor.give_up()
        outcome["evidence"] = context.evidence
        outcome["waits"] = waits
        outcome["learnt"] = self._durations.news
        outcome["seconds"] = round(seconds, 6)
        outcome["spoiled"] = spoiled or getattr(function, "spoils", False)
        return outcome

    def _context(self):
        """New fixtures for a case."""
        return _Context(
            self._implementation,
            self._substrate,
            self._durations,
            self._kit_threads,
            self._pool,
            self.rounds,
            Naming(self._mapped, self._omissions),
        )

    def _other_cause(self, function, context):
        """The part of an outcome that replaces a violation by its real cause, if one is known.

        The system may have refused a thread, or a thread or program of the case may have used a
        missing name, with an error that the case did not see.
        """
        refused = context.refused() or scarcity.refusal(self._substrate, scarcity.SOME)
        if refused:
            return {"outcome": "error", "observed": refused, "where": None, "check": None}
        return self._missing(function, context) or self._startless(function)

    def _startless(self, function):
        """The part of an outcome that tells that the implementation has no threads to start.

        That is so where the adapter says that the platform has none, and start() raises an error.
        An implementation that runs its threads where they are started does not need any.
        """
        used = names.used_by(function)
        if not (declared.lacks("threads") and "start" in used and used.intersection(STARTED)):
            return {}
        try:
            self._implementation.Thread(target=len, args=("",)).start()
        except:  # noqa: E722
            reason = "the platform has no threads; start() raised %s" % show_error(
                sys.exc_info()[1]
            )
            return {"outcome": "not-offered", "observed": reason, "where": None, "check": None}
        return {}

    def _missing(self, function, context):
        """The part of an outcome that tells a missing name which a case uses, if there is one."""
        if self._lacking is None:
            found = []
            if declared.lacks("threads"):
                found.append(names.survey(self._implementation))
            else:  # in a helper thread, because a faulty implementation may hang
                context.start(lambda: found.append(names.survey(self._implementation))).returned()
            self._lacking = found and found[0] or set()
        if not self._lacking:
            return {}
        lacking, omitted = self._omissions.split(self._lacking)
        missing = names.lacked(function, lacking)
        if missing:
            return {"outcome": "missing", "observed": "there is no %s" % missing}
        missing = names.lacked(function, omitted)
        if missing:
            return {"outcome": "not-offered", "observed": self._omissions.tell(missing)}
        return {}

    def _run_apart(self, function):
        """Run one case function in the program that cases share; return its outcome."""
        outcome = outcomes.outcome()
        began = blocking.clock()
        self._durations.begin(_chapter(function))
        try:
            declared.need("processes")
            outcome.update(self._answer(self._pool.shared(run_cases), function))
        except:  # noqa: E722
            self.traceback = sys.exc_info()[2]
            outcome.update(_explain(sys.exc_info()))
        if outcome["outcome"] not in ("ok", "observed", "not-offered") or outcome["spoiled"]:
            self._pool.retire()
        if outcome["outcome"] == "violated" and outcome["learnt"] is None:
            # The program has not answered: another thread of it may have used a missing name.
            context = self._context()
            outcome.update(self._missing(function, context))
            context.clear()
        if outcome["learnt"] is None:  # the program has not reported its waits
            outcome["waits"] = self._durations.spent
        else:
            self._durations.learn(outcome["learnt"])
        outcome["learnt"] = self._durations.news
        outcome["seconds"] = round(blocking.clock() - began, 6)
        outcome["spoiled"] = False
        return outcome

    def _answer(self, program, function):
        """Let the program that runs cases run this one; return the outcome."""
        known = self._durations.experience.told()
        program.tell(json.dumps([function.__module__, function.__name__, known]))
        doing = "one of the first calls of the case"
        while True:
            line = program.line(1.5)  # longer than in the program, whose own time-out tells more
            if line is None:
                break
            if line.startswith("{"):
                return json.loads(line)
            doing = line
        if program.status is None:
            return outcomes.outcome("violated", "%s does not return" % doing)
        return outcomes.outcome("crash", "the process ended during %s" % doing)

    def close(self):
        """End the programs kept ready for the fixture ``programs``, as a worker's end also does."""
        self._pool.close()

    def rounds(self, actors):
        """The number of rounds of a provoked race on this implementation (see ``pace``)."""

        def measure():
            # The best of three, so that it does not look slow on a busy machine; in a helper
            # thread, because a faulty implementation may hang.
            tries = []
            for _ in range(3):
                actor = actors.start(pace.exercise, self._implementation)
                tries.append(actor.returned() and actor.value or 0.0)
                if not actor.has_ended():
                    break
            return min(tries)

        return pace.rounds(self._durations.pace(measure))


def run_cases(threading, substrate, request, mapped):
    """A program: run the requested cases, one after another, and report each outcome."""
    durations = Durations(float(listen()))
    observer = Observer(threading, substrate, durations, origin=request, mapped=mapped)
    while True:
        limit(0)
        line = listen()
        if not line:
            return
        limit(request["seconds"])
        module, name, known = json.loads(line)
        __import__(module)
        durations.experience.catch_up(known)
        say(json.dumps(observer.run_here(getattr(sys.modules[module], name))))


class _Context(object):
    """The fixtures of one case, by parameter name."""

    def __init__(self, implementation, substrate, durations, kit_threads, pool, rounds, naming):
        self.evidence = []
        self.observations = []
        self._switching = Switching()
        self._actors = Actors(substrate, durations, self._note, kit_threads)
        self._programs = Programs(pool, self._note)
        self._fixtures = {
            "threading": lambda: implementation,
            "actors": lambda: self._actors,
            "observe": lambda: self._observe,
            "rounds": lambda: self._quick(rounds(self._actors)),
            "programs": lambda: self._programs,
            "naming": lambda: naming,
        }

    def fixtures(self, function):
        """The fixtures for the parameters of a case, in order."""
        return [self._fixture(name, function) for name in _parameters(function)]

    def _fixture(self, name, function):
        implementation = self._fixtures["threading"]()
        given = getattr(function, "given", {}).get(name)
        if callable(given):
            return given(implementation)
        if given is not None:
            return getattr(implementation, given)
        if name not in self._fixtures:
            raise KitError("%s asks for %r, which is no fixture" % (function.__name__, name))
        if name == "programs":
            declared.need("processes")
        return self._fixtures[name]()

    def start(self, function):
        """Start a helper thread that calls ``function``."""
        return self._actors.start(function)

    def lack(self):
        """The sentence that says that the platform has no threads, if the case needs one."""
        return self._actors.lack

    def refused(self):
        """The sentence about what the system has refused the kit during the case, or None."""
        return self._actors.refused or self._programs.refused

    def surprises(self):
        """Descriptions of the exceptions of actors that the case has not asked for."""
        return self._actors.surprises()

    def clear(self):
        """Undo what fixtures did; return the number of helper threads that could not be ended."""
        self._switching.restore()
        cleanup.undo()
        self._programs.close()
        return self._actors.end_all()

    def _note(self, text):
        if text not in self.evidence and len(self.evidence) < 20:
            self.evidence.append(text)

    def _observe(self, value):
        self.observations.append(str(value))

    def _quick(self, rounds):
        """Make thread switches frequent for a race, and return ``rounds``."""
        self._switching.quicken()
        return rounds


def _parameters(function):
    """The names of a function's parameters, in order."""
    code = function.__code__
    return code.co_varnames[: code.co_argcount]


def _chapter(function):
    """The chapter of the battery that a case is in, as its package's name."""
    return function.__module__.rsplit(".", 1)[0]


def _count_threads():
    if jvm.is_here():
        return jvm.count()  # the kernel counts threads of the machine, too
    count = blocking.count()
    if count is not None:
        return count
    frames = getattr(sys, "_current_frames", None)
    return len(frames()) if frames else 0


def _left_behind(threads, seconds):
    """Whether more than ``threads`` threads exist, even after waiting for ``seconds``."""
    patience = blocking.clock() + seconds
    pause = checks = 0
    while _count_threads() > threads:
        if blocking.clock() >= patience:
            return True
        blocking.time.sleep(pause)
        checks += 1
        pause = checks > 10 and 0.0002 or 0.0
    return False


def _explain(exc_info):
    """The part of an outcome that follows from an exception."""
    error = exc_info[1]
    frames = []
    step = exc_info[2]
    while step is not None:
        frames.append((step.tb_frame, step.tb_lineno))
        step = step.tb_next
    ours = [(frame, line) for frame, line in frames if _in(frame, BATTERY)]
    innermost = frames[-1][0] if frames else None
    where = check = None
    if ours:
        frame, line = ours[-1]
        path = os.path.relpath(os.path.abspath(frame.f_code.co_filename), BATTERY)
        where = "%s:%d" % (path.replace(os.sep, "/"), line)
        check = _statement(frame.f_code.co_filename, line)
    part = {"where": where, "check": check, "outcome": "violated"}
    if isinstance(error, NotOffered):
        part["outcome"] = "not-offered"
        part["observed"] = str(error)
    elif isinstance(error, names.Missing):
        part["outcome"] = "missing"
        part["observed"] = str(error)
    elif isinstance(error, Refused):
        part["outcome"] = "error"
        part["observed"] = str(error)
    elif isinstance(error, Violation):
        part["observed"] = str(error)
    elif isinstance(error, AssertionError) and innermost is not None and _is_ours(innermost):
        part["observed"] = _seen(error, *(ours or frames)[-1])
    elif names.missing_name(error) and innermost is not None and _is_ours(innermost):
        part["outcome"] = "missing"
        part["observed"] = "there is no %s (%s)" % (names.missing_name(error), show_error(error))
    elif innermost is not None and (
        (_in(innermost, HERE) and not _raised_by_action(frames))
        or (_in(innermost, BATTERY) and isinstance(error, OWN_MISTAKES))
        or (isinstance(error, REFUSALS) and _was_called_by_the_harness(frames))
        or isinstance(error, KitError)
    ):
        part["outcome"] = "error"
        part["observed"] = "".join(traceback.format_exception(*exc_info))
    else:
        part["observed"] = "raised " + show_error(error)
    return part


def _surprise_first(surprises, observed):
    """Put an exception of another thread's call, the likely cause, before what was observed."""
    # What was observed may be the same, without the actor's name.
    news = [text for text in surprises if text.split(": ", 1)[-1] not in observed]
    if not news:
        return observed
    if observed in news[0]:
        return news[0]
    return "%s; %s" % (news[0], observed)


def _in(frame, folder):
    return os.path.abspath(frame.f_code.co_filename).startswith(folder + os.sep)


def _is_ours(frame):
    return _in(frame, BATTERY) or _in(frame, HERE)


def _raised_by_action(frames):
    """Whether an exception comes from an action or a checked call, not from the harness."""
    return any([frame.f_code.co_name in ACTIONS for frame, _ in frames if _in(frame, HERE)])


def _was_called_by_the_harness(frames):
    """Whether the harness has called, for itself, what an exception comes from."""
    ours = [frame for frame, _ in frames if _is_ours(frame)]
    return bool(ours) and _in(ours[-1], HERE) and ours[-1].f_code.co_name not in ACTIONS


def _statement(path, line):
    """The source of the statement that starts at ``line``, on one line."""
    text = ""
    for offset in range(8):
        more = linecache.getline(path, line + offset)
        if not more:
            break
        text += more
        try:
            ast.parse(text.strip())
        except SyntaxError:
            continue
        break
    return " ".join(text.split()) or None


def _seen(error, frame, line):
    """A sentence about a failed ``assert``: its message, or one derived from its source."""
    if error.args:
        return str(error)
    try:
        return evidence.explain(frame, line)
    except evidence.Unclear:
        return "the check does not hold"
