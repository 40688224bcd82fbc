"""aiohttp: a handler; the worker lives beside the server."""

from collections.abc import AsyncGenerator

from aiohttp import web

from amocrm import AsyncWebhookReceiver
from amocrm.webhooks import Delivery


def make_app(receiver: AsyncWebhookReceiver) -> web.Application:
    async def amocrm_hook(request: web.Request) -> web.Response:
        answer = await receiver.accept(
            Delivery(
                body=await request.read(),
                headers=request.headers,
                query=request.query_string,
                path=request.path,
            )
        )
        return web.Response(status=answer.status, text=answer.text)

    async def worker(app: web.Application) -> AsyncGenerator[None]:
        async with receiver.running():
            yield

    app = web.Application(client_max_size=receiver.limits.bytes)
    app.router.add_route("*", "/amocrm/{secret}", amocrm_hook)
    app.cleanup_ctx.append(worker)
    return app
