"""The one kind of error that a user of the kit can mend; its message says how."""


class UserError(Exception):
    """Something the user gave cannot be used.

    The message is one sentence (or two) that says what is wrong and what to do; it is shown without
    a traceback, and the program exits with a non-zero status.
    """
