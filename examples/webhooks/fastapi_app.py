"""FastAPI: mount the receiver's application; the worker lives in the lifespan."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from amocrm import AsyncWebhookReceiver
from amocrm.webhooks.asgi import asgi_app


def make_app(receiver: AsyncWebhookReceiver) -> FastAPI:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        async with receiver.running():
            yield

    app = FastAPI(lifespan=lifespan)
    app.mount("/amocrm", asgi_app(receiver))  # https://app.example.com/amocrm/<secret>
    return app
