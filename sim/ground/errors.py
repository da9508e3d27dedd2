"""The error raised for a mistake in user input."""


class InputError(ValueError):
    """Raised for a mistake in user input: one line with place and remedy, printed by the command line with exit code 2."""

    def __init__(self, message: object) -> None:
        super().__init__(one_line(message))


def one_line(message: object) -> str:
    """Return a message as one line of printable characters; text quoted from an input may contain control characters."""
    words = " ".join(str(message).split())
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in words)
