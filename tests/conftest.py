"""What all tests can ask for, and what holds for all of them."""

import signal

pytest_plugins = ["tests.browser"]

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # a shell starts what it puts in the background so
    signal.signal(signal.SIGINT, signal.default_int_handler)
