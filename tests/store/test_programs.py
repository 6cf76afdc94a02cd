"""Programs of Postgres, as the supervisor sees them come and go."""

import signal
import subprocess
import sys

from geopush.store.programs import signal_if_alive


def test_a_program_that_ended_before_its_signal_is_no_error() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    signal_if_alive(ended.pid, signal.SIGQUIT)


def test_a_program_that_lives_gets_its_signal() -> None:
    living = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with living:
        signal_if_alive(living.pid, signal.SIGKILL)
        assert living.wait() == -signal.SIGKILL
