"""Django: a view. The worker is a process of its own: ``amocrm webhooks work myproject.webhooks:receiver``."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt

from amocrm import WebhookReceiver
from amocrm.webhooks import Delivery


def make_view(receiver: WebhookReceiver) -> Callable[..., HttpResponse]:
    @csrf_exempt
    def amocrm_hook(request: HttpRequest, secret: str) -> HttpResponse:
        answer = receiver.accept(
            Delivery(
                body=request.body,
                headers=request.headers,
                query=request.META["QUERY_STRING"],
                path=request.path,
            )
        )
        return HttpResponse(answer.body, status=answer.status, content_type="text/plain")

    return amocrm_hook


def make_urls(receiver: WebhookReceiver) -> list[URLPattern]:
    return [path("amocrm/<str:secret>", make_view(receiver))]
