"""The web server: `python -m cxaccess.web --port N` runs granian over `cxaccess.wsgi`."""

import argparse

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from cxaccess.lib import lifeline


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="cxaccess.web", description=__doc__)
    parser.add_argument("--address", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=1, help="processes; SQLite wants one")
    parser.add_argument("--threads", type=int, default=4, help="requests at once in each process")
    options = parser.parse_args()
    lifeline.hold_if_supervised()
    Granian(
        "cxaccess.wsgi:application",
        address=options.address,
        port=options.port,
        interface=Interfaces.WSGI,
        workers=options.workers,
        blocking_threads=options.threads,
        respawn_failed_workers=True,
        log_level=LogLevels.warning,
        websockets=False,
    ).serve()


if __name__ == "__main__":
    main()
