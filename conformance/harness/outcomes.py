"""Creates outcomes of cases: a worker's replies to requests to run a case."""


def outcome(kind="ok", observed=None, where=None, check=None):
    """Return a new outcome with all its keys, which ``PROTOCOL.md`` describes."""
    return {
        "outcome": kind,
        "observed": observed,
        "where": where,
        "check": check,
        "evidence": [],
        "seconds": 0.0,
        "waits": {},
        "learnt": None,
        "spoiled": False,
    }
