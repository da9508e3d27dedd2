"""The engine of one session: a thread that takes commands, computes, and hands out frames and views.

It never runs ahead of its browser: at most MOST_UNSEEN frames are on their way, and when nothing is acknowledged for
SILENCE_SECONDS it pauses by itself. A command is answered at once, whatever is on its way.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from threading import Condition, Thread

from dashboards.engine.address import Place
from dashboards.engine.commands import Command, GoTo
from dashboards.engine.frames import Frame, lines, planes
from dashboards.engine.session import Session
from dashboards.engine.views import View, look

FRAMES_PER_SECOND = 12.0
VIEWS_PER_SECOND = 3.0
MOST_UNSEEN = 2
SILENCE_SECONDS = 20.0
WORK_SECONDS = 0.06
"""How long the engine computes before it looks for commands again."""
LONG = 3600.0
PARTS = ("map", "charts")
"""What acknowledges a frame in the browser."""

Listener = Callable[[Frame, View | None], None]
"""Takes a frame, and the slower views where they are due as well. Called in the engine's thread."""


class Engine:
    """Runs a session in a thread of its own. Only `send`, `acknowledge` and `close` are for other threads."""

    def __init__(self, place: Place, listener: Listener) -> None:
        """Raises InputError where the place's setup does not hold."""
        self.session = Session(place)
        self._listener = listener
        self._queue: deque[Command] = deque()
        self._wake = Condition()
        self._seen = dict.fromkeys(PARTS, 0)
        self._charts_have = (0, -1)
        self._heard = time.monotonic()
        self._frame_due, self._view_due = 0.0, 0.0
        self.number = 0
        self.closed = False

    def start(self) -> None:
        """Start the thread. To be called where threads belong to the page, in a render or an effect."""
        self._thread = Thread(target=self._live, name="live-engine", daemon=True)
        self._thread.start()

    def send(self, command: Command) -> None:
        """Take a command from the page."""
        with self._wake:
            self._queue.append(command)
            self._heard = time.monotonic()
            self._wake.notify()

    def acknowledge(self, part: str, number: int, last: int = -1, generation: int = 0) -> None:
        """Learn that a part of the page shows a frame; the charts say up to which day of which generation they have.

        A page that was left and is opened again has nothing yet, and gets it all.
        """
        with self._wake:
            if part not in self._seen or not 0 <= number <= self.number:
                return
            self._seen[part] = max(self._seen[part], number)
            if part == "charts":
                self._charts_have = (generation, last)
                self.session.frame_waits |= (generation, last) < (self.session.generation, self.session.last)
            self._heard = time.monotonic()
            self._wake.notify()

    def close(self, wait: float = 0.0) -> None:
        """End the thread; it ends within a day's work. wait: seconds to wait for it."""
        with self._wake:
            self.closed = True
            self._wake.notify()
        if wait:
            self._thread.join(wait)

    def _live(self) -> None:
        """Run until closed. A fault of ours is said on the page before it ends the thread."""
        try:
            self._run()
        except Exception:
            self.session.notice = (
                "The simulation stopped by a fault of the program, which the terminal shows. Reload the page."
            )
            self.session.view_waits = True
            self._publish(view=True)
            raise

    def _run(self) -> None:
        self._publish(view=True)
        session = self.session
        while True:
            command = self._next()
            if self.closed:
                return
            if command is not None:
                session.answer(command)
                self._view_due = 0.0
            elif session.playing and time.monotonic() >= session.due:
                session.pass_time(FRAMES_PER_SECOND)
            session.work(time.monotonic() + WORK_SECONDS)
            if session.frame_waits and (command is not None or self._may_send()):
                self._publish(view=command is None and self._view_is_due())
            elif session.view_waits and self._view_is_due():
                self._publish(view=True)

    def _next(self) -> Command | None:
        """Return the next command, or None when there is work to do; wait while there is neither."""
        with self._wake:
            while not (self.closed or self._queue):
                pause = self._pause()
                if pause <= 0.0:
                    return None
                self._wake.wait(pause)
            command = self._queue.popleft() if self._queue else None
            while isinstance(command, GoTo) and self._queue and isinstance(self._queue[0], GoTo):
                command = self._queue.popleft()  # a scrubber that is dragged: only where it is now counts
            return command

    def _pause(self) -> float:
        """Return for how many seconds there is nothing to do but to wait for the page."""
        now, session = time.monotonic(), self.session
        if self._unseen() >= MOST_UNSEEN:
            if now - self._heard > SILENCE_SECONDS:
                session.hold()
                return LONG
            return 1.0
        if session.busy:
            return 0.0
        waits = [self._frame_due - now] if session.frame_waits else []
        waits += [self._view_due - now] if session.view_waits else []
        waits += [session.due - now] if session.playing else []
        return min(waits, default=LONG)

    def _unseen(self) -> int:
        return self.number - min(self._seen.values())

    def _may_send(self) -> bool:
        return self._unseen() < MOST_UNSEEN and time.monotonic() >= self._frame_due

    def _view_is_due(self) -> bool:
        """Views come at their own pace while days pass, and at once when they stand still."""
        still = not self.session.playing and not self.session.busy
        return still or time.monotonic() >= self._view_due

    def _publish(self, view: bool) -> None:
        """Hand out a frame, at once after a command, and the views with it or after it."""
        session = self.session
        looked = look(session) if view and session.view_waits else None
        self.number += 1
        frame = self.picture()
        session.frame_waits = False
        self._frame_due = time.monotonic() + 1.0 / FRAMES_PER_SECOND
        if looked is not None:
            session.view_waits = False
            self._view_due = time.monotonic() + 1.0 / VIEWS_PER_SECOND
        self._listener(frame, looked)

    def picture(self) -> Frame:
        """Return the picture of the session, with the days of the charts that the browser does not have."""
        session = self.session
        with self._wake:
            generation, last = self._charts_have
        first = last + 1 if generation == session.generation else 0
        days = range(first, max(first, session.last + 1))
        ensemble, other, seat, run = session.ensemble, session.other, session.seat, session.place.run
        return Frame(
            number=self.number,
            generation=session.generation,
            day=session.day,
            last=session.last,
            playing=session.playing,
            busy=session.on_the_way,
            planes=planes(ensemble, other, session.held(), session.day),
            first=first,
            lines=lines(ensemble, other, seat, days, run),
        )
