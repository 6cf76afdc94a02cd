"""Serve one app until stdin ends: ``python -m benchmarks.doors APP ARGUMENT``.

It writes its port, and for each line that comes in the seconds of CPU it has used.
"""

import asyncio
import importlib
import os
import socket
import sys
import threading
import time

import uvicorn
import uvloop


def _report() -> None:
    for _ in sys.stdin:
        print(time.process_time(), flush=True)
    os._exit(0)


async def _serve(app: str, argument: str) -> None:
    built = importlib.import_module(f"benchmarks.doors.{app}").build(argument)
    if asyncio.iscoroutine(built):
        built = await built
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    print(listening.getsockname()[1], flush=True)
    config = uvicorn.Config(
        built,
        http="httptools",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
    )
    threading.Thread(target=_report, daemon=True).start()
    await uvicorn.Server(config).serve(sockets=[listening])


if __name__ == "__main__":
    if len(os.sched_getaffinity(0)) > 1:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    uvloop.run(_serve(*sys.argv[1:]))
