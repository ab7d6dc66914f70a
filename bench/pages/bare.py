"""A bare Starlette page of so many bytes: what the same server takes for a page that is made of nothing."""

from __future__ import annotations

import asyncio
import json
import os
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route


async def _page(request: Request) -> HTMLResponse:
    return HTMLResponse("x" * int(request.query_params["size"]))


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        await super().startup(sockets)  # type: ignore[arg-type]
        port = self.servers[0].sockets[0].getsockname()[1]
        print(json.dumps({"ready": True, "url": f"http://127.0.0.1:{port}", "pid": os.getpid()}), flush=True)


if __name__ == "__main__":
    app = Starlette(routes=[Route("/", _page)])
    asyncio.run(_Server(uvicorn.Config(app, port=0, log_level="warning", access_log=False)).serve())
    sys.exit(0)
