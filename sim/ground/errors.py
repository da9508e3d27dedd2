"""The one error that is the user's to mend."""


class InputError(ValueError):
    """Say in one line where an input is wrong and what to do; the command line prints it and exits with code 2."""

    def __init__(self, message: object) -> None:
        super().__init__(one_line(message))


def one_line(message: object) -> str:
    """Return a message as one line that a terminal shows as it is: what came from an input may hold anything."""
    words = " ".join(str(message).split())
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in words)
