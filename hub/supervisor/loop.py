"""The loop that keeps the programs of a hub alive, and ends them in order."""

from __future__ import annotations

import os
import select
import signal
import time
from types import FrameType

from hub.supervisor.place import Place
from hub.supervisor.programs import Program, answers, prepare_command, web_command, worker_command

#: Seconds the programs have to end after SIGTERM; the whole hub promises five.
GRACE = 4.0
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals:
    """Signals as bytes in a pipe, so that waiting for one and waiting for time are the same wait."""

    def __init__(self) -> None:
        self._read, write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(write, False)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        for number in (*_STOP_SIGNALS, signal.SIGCHLD):
            # `nohup` asks to outlive the terminal. SIGINT is heard even where a shell ignores it for background jobs.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._note)
        self.stops = 0

    def _note(self, number: int, _frame: FrameType | None) -> None:
        if number in _STOP_SIGNALS:
            self.stops += 1

    def wait(self, seconds: float) -> None:
        """Returns early when a signal arrives."""
        select.select([self._read], [], [], max(seconds, 0))
        try:
            os.read(self._read, 4096)
        except BlockingIOError:
            return


class Supervisor:
    """The hub's programs while they should be running."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.signals = Signals()
        self.answered = False
        self.programs = [Program("web", web_command(place), place), Program("worker", worker_command(), place)]

    def run(self) -> int:
        """Until a signal says stop. Returns the exit code."""
        if self._prepare() != 0:
            return 0 if self.signals.stops else 1
        while not self.signals.stops:
            self._revive()
            self._greet()
            self.signals.wait(self._next_look())
        self._stop()
        return 0

    def _prepare(self) -> int:
        step = Program("prepare", prepare_command(), self.place)
        step.start()
        while (code := step.ended()) is None:
            if self.signals.stops:
                step.kill()
            self.signals.wait(1.0)
        return code

    def _revive(self) -> None:
        for program in self.programs:
            code = program.ended()
            if code is not None:
                wait = program.plan_restart()
                _say(f"{program.name} ended ({_reason(code)}); starting it again in {wait:g} s")
            elif program.process is None and time.monotonic() >= program.due and not self.signals.stops:
                program.start()

    def _greet(self) -> None:
        if not self.answered and answers(self.place):
            self.answered = True
            _say(f"Berth is ready: {self.place.url} (data in {self.place.data}; Ctrl-C ends it)")

    def _next_look(self) -> float:
        if not self.answered:
            return 0.1
        due = [program.due - time.monotonic() for program in self.programs if program.process is None]
        return min([*due, 60.0])

    def _stop(self) -> None:
        for program in self.programs:
            program.terminate()
        deadline, asked = time.monotonic() + GRACE, self.signals.stops
        while any(program.ended() is None and program.process is not None for program in self.programs):
            if time.monotonic() >= deadline or self.signals.stops > asked + 1:
                for program in self.programs:
                    program.kill()
            self.signals.wait(0.1)


def _reason(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the terminal is where this program speaks
