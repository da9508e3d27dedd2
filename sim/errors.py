"""The one error that is the user's to mend."""


class InputError(ValueError):
    """Say in one line where an input is wrong and what to do; the command line prints it and exits with code 2."""
