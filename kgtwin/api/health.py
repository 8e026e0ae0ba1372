"""Whether the process lives, and whether it can answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from kgtwin.api.errors import shown

if TYPE_CHECKING:
    from kgtwin.service import Service

PATIENCE: Final = 10.0
"""Seconds within which the store and the knowledge must answer."""


class Health:
    """``/health/live`` and ``/health/ready``."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def live(self, request: Request) -> Response:
        """The process answers."""
        return _json(200, {"status": "live"})

    async def ready(self, request: Request) -> Response:
        """The store answers and the knowledge is loaded; 503 with the reason otherwise."""
        try:
            async with asyncio.timeout(PATIENCE):
                revision = await self._service.store.revision()
                knowledge = await asyncio.to_thread(self._service.knowledge)
        except TimeoutError:
            return _json(503, {"status": "not ready", "error": {"code": "timeout", "message": f"over {PATIENCE:g} s"}})
        except Exception as error:
            return _json(503, {"status": "not ready", "error": shown(error).to_dict()})
        ready = {"status": "ready", "revision": revision, "knowledge": knowledge.version}
        refreshing = self._service.refreshing
        return _json(200, ready if refreshing is None else {**ready, "refresh": refreshing})


def _json(status: int, body: object) -> Response:
    return Response(msgspec.json.encode(body), status_code=status, media_type="application/json")
