"""A supervisor of the embedded servers alone, in a process of its own so that tests can kill it.

    python -m tests.standalone.servers_only DATA

Prints one JSON line with addresses and process ids when the servers answer; stops them after SIGTERM or Ctrl-C.
"""

import json
import sys
from pathlib import Path

from dashboard.standalone import lock
from dashboard.standalone.environment import Given
from dashboard.standalone.leftovers import stop_leftovers
from dashboard.standalone.servers import start_servers
from dashboard.standalone.stopping import Stopping, StopRequest
from dashboard.standalone.supervisor import Supervisor


def main(data: Path) -> int:
    stop_request = StopRequest()
    stop_request.listen()
    lock.inherited_lock(data)
    stop_leftovers(data)
    supervisor = Supervisor(data / "logs", _say, stop_request)
    try:
        urls = start_servers(data, supervisor, Given(database=False, redis=False, broker=False))
        sys.stdout.write(json.dumps({**urls, "guard": supervisor.guard.pid}) + "\n")
        sys.stdout.flush()
        supervisor.run()
    except Stopping as stopping:
        return stopping.exit_status
    finally:
        supervisor.stop()
    return 0


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
