"""`python -m config.simulated --port 5610 --data DIR`: all simulated services, until told to stop."""

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType

from config.options import SimulatedSecrets
from config.simulated import affiliate, carrier, chat, crm, payments, warehouse
from config.simulated.frame import Frame
from config.simulated.server import Server
from config.simulated.state import State

SERVICES = (payments.service, warehouse.service, carrier.service, crm.service, affiliate.service, chat.service)


def main(arguments: list[str]) -> None:
    """Serve; SIGTERM and Ctrl-C end it."""
    parser = argparse.ArgumentParser(prog="python -m config.simulated", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on; nobody is asked to log in")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True, help="the directory of the file simulated.sqlite3")
    parser.add_argument("--shop-url", default="http://127.0.0.1:8000", help="where webhooks go")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _end)
    serve(options.host, options.port, options.data, options.shop_url)


def serve(host: str, port: int, data: Path, shop_url: str) -> None:
    """Until SystemExit or KeyboardInterrupt."""
    state = State(data / "simulated.sqlite3", [service.tables for service in SERVICES])
    frame = Frame(SERVICES, state, shop_url, SimulatedSecrets.read().by_service())
    with Server(host, port, frame) as server:
        frame.callbacks.start()
        print(f"simulated services at http://{host}:{port}/", flush=True)
        try:
            server.serve_forever()
        finally:
            frame.end.set()


def _end(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(0)
