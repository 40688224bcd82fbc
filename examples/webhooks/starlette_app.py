"""Starlette: the same with a Mount."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import Mount

from amocrm import AsyncHooks
from amocrm.webhooks.asgi import asgi_app


def make_app(hooks: AsyncHooks) -> Starlette:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncGenerator[None]:
        async with hooks.running():
            yield

    return Starlette(routes=[Mount("/amocrm", asgi_app(hooks))], lifespan=lifespan)
