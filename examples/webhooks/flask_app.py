"""Flask: a view. The worker is a process of its own: ``amocrm webhooks work myapp:receiver``."""

from flask import Flask, Response, request

from amocrm import WebhookReceiver
from amocrm.webhooks import Delivery


def make_app(receiver: WebhookReceiver) -> Flask:
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = receiver.limits.bytes

    @app.route("/amocrm/<secret>", methods=["GET", "POST"])
    def amocrm_hook(secret: str) -> Response:
        # Bytes first: Flask would read the form and leave nothing of the body.
        body = request.get_data(cache=False, parse_form_data=False)
        answer = receiver.accept(
            Delivery(
                body=body, headers=request.headers, query=request.query_string.decode(), path=request.path
            )
        )
        return Response(answer.body, status=answer.status, mimetype="text/plain")

    return app
