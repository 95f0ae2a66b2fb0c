"""Makes outcomes of cases, the replies that a worker gives to a request for a case."""


def outcome(kind="ok", observed=None, where=None, check=None):
    """A new outcome, with all its keys; ``PROTOCOL.md`` says what they mean."""
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
