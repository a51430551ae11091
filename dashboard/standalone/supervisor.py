"""Keep the programs of one installation running, and stop them all in order."""

import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from dashboard.standalone.children import Child, Guard, Program
from dashboard.standalone.errors import StartError
from dashboard.standalone.logs import rotate
from dashboard.standalone.stopping import StopRequest

TICK_SECONDS = 0.2
POLL_SECONDS = 0.03
# Applications get 5 s to end what they do, servers 4 s to write everything: Ctrl-C takes 10 s at most.
APP_STOP_SECONDS = 5.0
SERVER_STOP_SECONDS = 4.0
FIRST_WAIT_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 30.0
STABLE_SECONDS = 60.0  # after this long a crash counts as the first again
ROTATE_INTERVAL_SECONDS = 60.0
LOOK_INTERVAL_SECONDS = 5.0
LOOKS_UNTIL_STUCK = 3  # in a row: what looks stuck once may be starting


class Restart:
    """When to start a program again: after waits that double while it keeps ending."""

    def __init__(self, now: float) -> None:
        self.wait_seconds = FIRST_WAIT_SECONDS
        self.started_at = now
        self.due_at: float | None = None

    def plan(self, now: float) -> float:
        """The program ended; returns the wait."""
        stable = now - self.started_at > STABLE_SECONDS
        wait = FIRST_WAIT_SECONDS if stable else self.wait_seconds
        self.wait_seconds = min(wait * 2, LONGEST_WAIT_SECONDS)
        self.due_at = now + wait
        return wait

    def has_started(self, now: float) -> None:
        self.started_at, self.due_at = now, None


class Supervisor:
    """Owns every child process. All its methods belong to the main thread."""

    def __init__(self, logs: Path, say: Callable[[str], None], stop_request: StopRequest) -> None:
        self.logs = logs
        self.guard = Guard()
        self.say = say
        self._stop_request = stop_request
        self._children: list[tuple[Child, Restart]] = []
        self._rotated_at = self._looked_at = time.monotonic()
        self._stuck: Counter[str] = Counter()

    def start(self, program: Program) -> Child:
        """Start a program and keep it running from now on."""
        child = Child(program, self.logs / f"{program.name}.log", self.guard)
        rotate(child.log)
        child.start()
        self._children.append((child, Restart(time.monotonic())))
        return child

    def wait_for(self, child: Child, is_ready: Callable[[], bool], seconds: float) -> None:
        """Until a new program does its work; raises StartError if it ends or takes longer."""
        deadline = time.monotonic() + seconds
        while not is_ready():
            self._stop_request.check()
            if not child.is_running:
                raise StartError(f"{child.program.name} did not start: {child.last_words()} (log: {child.log})")
            if time.monotonic() > deadline:
                raise StartError(f"{child.program.name} does not answer after {seconds:.0f} s (log: {child.log})")
            time.sleep(POLL_SECONDS)

    def tick(self) -> None:
        """Restart what ended; raises Stopping when a signal came. Call it a few times a second."""
        self._stop_request.check()
        now = time.monotonic()
        for child, restart in self._children:
            if restart.due_at is None and not child.is_running:
                self._plan_restart(child, restart, now)
            elif restart.due_at is not None and now >= restart.due_at:
                child.start()
                restart.has_started(now)
        if now - self._looked_at > LOOK_INTERVAL_SECONDS:
            self._looked_at = now
            self._end_stuck()
        if now - self._rotated_at > ROTATE_INTERVAL_SECONDS:
            self._rotated_at = now
            for child, _ in self._children:
                rotate(child.log)

    def run(self) -> None:
        """Until a signal asks to stop."""
        while True:
            self.tick()
            time.sleep(TICK_SECONDS)

    def stop(self) -> None:
        """Applications first, then servers; what does not listen is killed. Nothing is left behind."""
        children = [child for child, _ in self._children]
        self._stop_all([child for child in children if not child.program.is_server], APP_STOP_SECONDS)
        self._stop_all([child for child in children if child.program.is_server], SERVER_STOP_SECONDS)
        self._children.clear()
        self.guard.dismiss()

    def _end_stuck(self) -> None:
        """Kill what runs in vain; the next tick starts it again."""
        for child, _ in self._children:
            program = child.program
            looks_stuck = program.is_stuck is not None and child.is_running and program.is_stuck(child.pid)
            self._stuck[program.name] = self._stuck[program.name] + 1 if looks_stuck else 0
            if self._stuck[program.name] >= LOOKS_UNTIL_STUCK:
                self._stuck[program.name] = 0
                self.say(f"{program.name} runs but cannot work; ending it (log: {child.log})")
                child.ask_to_stop(signal.SIGKILL)

    def _plan_restart(self, child: Child, restart: Restart, now: float) -> None:
        status = child.exit_status or 0
        child.finish()
        wait = restart.plan(now)
        how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
        self.say(f"{child.program.name} {how}; starting it again in {wait:g} s (log: {child.log})")

    def _stop_all(self, children: Sequence[Child], seconds: float) -> None:
        """A second Ctrl-C cuts the wait short: the database then replays its log at the next start."""
        for child in children:
            child.ask_to_stop()
        deadline = time.monotonic() + seconds
        while any(child.is_running for child in children):
            if time.monotonic() > deadline or self._stop_request.is_impatient:
                break
            time.sleep(POLL_SECONDS)
        for child in children:
            child.finish()
