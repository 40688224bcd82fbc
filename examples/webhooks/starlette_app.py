"""Starlette: the same with a Mount."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import Mount

from amocrm import AsyncWebhookReceiver
from amocrm.webhooks.asgi import asgi_app


def make_app(receiver: AsyncWebhookReceiver) -> Starlette:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[None]:
        async with receiver.running():
            yield

    return Starlette(routes=[Mount("/amocrm", asgi_app(receiver))], lifespan=lifespan)
