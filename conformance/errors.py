"""The exception for errors that a user of the kit can correct; its message says how."""


class UserError(Exception):
    """The user has given something that cannot be used.

    The message says in one or two sentences what is wrong and what to do.  It is shown without a
    traceback, and the program exits with a non-zero status.
    """
