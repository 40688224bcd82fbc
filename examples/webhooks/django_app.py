"""Django: a view. The worker is a process of its own: ``amocrm webhooks work myproject.hooks:hooks``."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt

from amocrm import Hooks
from amocrm.webhooks import Delivery


def make_view(hooks: Hooks) -> Callable[..., HttpResponse]:
    @csrf_exempt
    def amocrm_hook(request: HttpRequest, secret: str) -> HttpResponse:
        answer = hooks.accept(
            Delivery(
                body=request.body,
                headers=request.headers,
                query=request.META["QUERY_STRING"],
                path=request.path,
            )
        )
        return HttpResponse(answer.body, status=answer.status, content_type="text/plain")

    return amocrm_hook


def make_urls(hooks: Hooks) -> list[URLPattern]:
    return [path("amocrm/<str:secret>", make_view(hooks))]
