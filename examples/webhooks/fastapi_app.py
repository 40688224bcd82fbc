"""FastAPI: mount the router's application; the worker lives in the lifespan."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from amocrm import AsyncHooks
from amocrm.webhooks.asgi import asgi_app


def make_app(hooks: AsyncHooks) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with hooks.running():
            yield

    app = FastAPI(lifespan=lifespan)
    app.mount("/amocrm", asgi_app(hooks))  # https://app.example.com/amocrm/<secret>
    return app
