"""The control endpoint: what tests in other processes ask of the sandbox, under `/_sandbox/`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import msgspec

from ..account import Account
from ..engine.faults import (
    Drop,
    Effect,
    ErrorPage,
    Fault,
    Latency,
    MalformedJson,
    Mutate,
    PartialBatch,
    SlowBody,
    Truncate,
)
from ..engine.masking import mask
from ..engine.messages import JSON, Request, Response, decode_json, json_response, problem
from ..engine.php_query import parse_query
from ..robots import Robots
from ..ui_actions import UserActions
from ..webhooks import installations
from ..webhooks.delivery import Webhooks
from .origin_check import refusal_of
from .page import WebPage

__all__ = ["Control"]

_EFFECTS: dict[str, type[Effect]] = {
    "latency": Latency,
    "drop": Drop,
    "page": ErrorPage,
    "partial_batch": PartialBatch,
    "truncate": Truncate,
    "slow_body": SlowBody,
    "malformed_json": MalformedJson,
    "mutate": Mutate,
}


class _Match(msgspec.Struct, forbid_unknown_fields=True):
    """Requests that a fault is about."""

    method: str | None = None
    path: str | None = None
    operation: str | None = None


class _When(msgspec.Struct, forbid_unknown_fields=True):
    """Times at which a fault strikes."""

    nth: Annotated[int, msgspec.Meta(ge=1)] | None = None
    next: Annotated[int, msgspec.Meta(ge=1)] | None = None
    probability: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    seed: int | None = None


class Control:
    """Answers `/_sandbox/{state,counters,log,reset,clock,faults,tokens,options,delete,ui,robots,behaviour,webhooks}`; never counted against limits.

    A GET reads, a POST changes, `DELETE /_sandbox/faults` takes all faults out. `/_sandbox/` itself is the web page.
    """

    def __init__(
        self,
        account: Account,
        page: WebPage,
        user_actions: UserActions,
        robots: Robots,
        webhooks: Webhooks,
        reset: Callable[..., None],
    ) -> None:
        self._account = account
        self._user_actions = user_actions
        self._robots = robots
        self._hooks = webhooks
        self._reset_account = reset
        self._page = page
        self._actions: dict[tuple[str, str], Callable[[dict[str, Any]], Any]] = {
            ("GET", "state"): self._state,
            ("GET", "counters"): self._counters,
            ("GET", "log"): self._log,
            ("POST", "reset"): self._reset,
            ("GET", "clock"): self._show_clock,
            ("POST", "clock"): self._move_clock,
            ("GET", "faults"): self._faults,
            ("POST", "faults"): self._plant,
            ("DELETE", "faults"): self._clear,
            ("POST", "tokens"): self._tokens,
            ("POST", "options"): self._options,
            ("POST", "delete"): self._delete,
            ("POST", "ui"): self._ui,
            ("POST", "robots"): self._run_robots,
            ("GET", "behaviour"): self._show_behaviour,
            ("POST", "behaviour"): self._change_behaviour,
            ("GET", "webhooks"): self._webhooks,
            ("POST", "webhooks"): self._run_webhooks,
        }

    def handle(self, request: Request, path: str, query: str) -> Response:
        """Carry out one control request."""
        account = self._account
        refused = refusal_of(request, {*account.control_hosts, f"{account.subdomain}.amocrm.ru"})
        if refused is not None:
            return refused
        name = path.removeprefix("/_sandbox").strip("/")
        action = self._actions.get((request.method, name))
        page = self._page.find(name) if request.method == "GET" else None
        if action is None and page is None:
            names = ", ".join(
                sorted({action_name for method, action_name in self._actions if method == request.method})
            )
            return problem(404, f"Cannot {request.method} {path}; there are {names or 'none'}")
        try:
            args = decode_json(request.body) if request.body else dict(parse_query(query))
            if not isinstance(args, dict):
                raise ValueError("the body is one JSON object")
            if page is not None:
                return page(args)
            assert action is not None
            with self._account.store.transaction():
                done = action(args)
            self._account.hook_queue.pump()
            return json_response(done, content_type=JSON)
        except KeyError as error:
            return problem(400, f"missing or unknown: {error.args[0]}")
        except (ValueError, TypeError, AttributeError, msgspec.MsgspecError) as error:
            return problem(400, str(error))

    def _state(self, args: dict[str, Any]) -> Any:
        account = self._account
        tables = ("leads", "contacts", "companies", "notes", "tasks", "tags", "links")
        counts = {table: account.store.value(f"SELECT count(*) FROM {table}") for table in tables}
        for kind in ("users", "pipelines", "fields", "loss_reasons"):
            counts[kind] = len(account.store.documents(kind))
        return {"account": account.settings, "counts": counts, "now": account.clock.now()}

    def _counters(self, args: dict[str, Any]) -> Any:
        return self._account.counters()

    def _log(self, args: dict[str, Any]) -> Any:
        entries = list(self._account.journal)[-int(args.get("last", 100)) :]
        return [
            {
                "number": entry.number,
                "at": entry.at,
                "method": entry.method,
                "target": mask(entry.target, codes=True),
                "operation": entry.operation,
                "status": entry.status,
                "dropped": entry.dropped,
                "body": mask(
                    entry.request_body.decode(errors="replace"), codes=entry.path.startswith("/oauth")
                ),
            }
            for entry in entries
        ]

    def _reset(self, args: dict[str, Any]) -> Any:
        """Reset what is named: `data`, `counters`, `limits`, `faults`; all of them by default."""
        wanted = set(args.get("what") or ("data", "counters", "limits", "faults"))
        self._reset_account(
            data="data" in wanted,
            counters="counters" in wanted,
            limits="limits" in wanted,
            faults="faults" in wanted,
        )
        return {"reset": sorted(wanted)}

    def _show_clock(self, args: dict[str, Any]) -> Any:
        return {"now": self._account.clock.now()}

    def _move_clock(self, args: dict[str, Any]) -> Any:
        clock = self._account.clock
        if "advance" in args:
            clock.advance(float(args["advance"]))
        if "set" in args:
            clock.set(float(args["set"]))
        return self._show_clock(args)

    def _faults(self, args: dict[str, Any]) -> Any:
        return [_show(fault) for fault in self._account.faults.planted]

    def _plant(self, args: dict[str, Any]) -> Any:
        """Plant `{"effect": {"kind": "drop", ...}, "match": {...}, "when": {...}}`."""
        sent = dict(args["effect"])
        kind = _EFFECTS.get(sent.pop("kind", ""))
        if kind is None:
            raise ValueError(f"the kind of an effect is one of {', '.join(_EFFECTS)}")
        strange = sent.keys() - kind.__dataclass_fields__.keys()
        if strange:
            names = ", ".join(kind.__dataclass_fields__) or "nothing"
            raise ValueError(f"this effect knows {names}, not {', '.join(sorted(strange))}")
        if isinstance(sent.get("headers"), dict):
            sent["headers"] = tuple(sent["headers"].items())
        match = msgspec.convert(args.get("match", {}), _Match)
        when = msgspec.convert(args.get("when", {}), _When)
        limits = {**msgspec.structs.asdict(match), **msgspec.structs.asdict(when)}
        return _show(self._account.faults.add(msgspec.convert(sent, kind), **limits))

    def _clear(self, args: dict[str, Any]) -> Any:
        if "id" in args:
            self._account.faults.remove(int(args["id"]))
        else:
            self._account.faults.clear()
        return self._faults(args)

    def _tokens(self, args: dict[str, Any]) -> Any:
        """Do one `action`.

        `long_lived` (days), `code`, `pair`, `disposable`, `revoke` (token), `uninstall`, `revoked_uri` (address),
        `integration` (redirect_uri). All but the last take a `client_id`, those that make tokens a `user_id`.
        """
        account = self._account
        client_id = args.get("client_id", account.integration.client_id)
        user_id = int(args.get("user_id", account.admin_id))
        action = args["action"]
        if action == "long_lived":
            seconds = int(float(args.get("days", 365)) * 86400)
            return {"token": account.tokens.issue_access(client_id, user_id, seconds)}
        if action == "code":
            return {"code": account.tokens.issue_code(client_id, user_id)}
        if action == "pair":
            return account.tokens.issue_pair(client_id, user_id)
        if action == "disposable":
            integration = installations.integration_of(account, client_id)
            return {"token": installations.disposable_token(account, integration, user_id)}
        if action == "revoke":
            account.tokens.revoke(args["token"])
        elif action == "uninstall":
            installations.uninstall(account, installations.integration_of(account, client_id))
        elif action == "revoked_uri":
            installations.set_revoked_uri(account, client_id, args["address"])
        elif action == "integration":
            integration = account.tokens.create_integration(
                args.get("redirect_uri", account.integration.redirect_uri)
            )
            return {
                name: getattr(integration, name) for name in ("client_id", "client_secret", "redirect_uri")
            }
        else:
            raise ValueError(f"unknown action {action!r}")
        return {}

    def _options(self, args: dict[str, Any]) -> Any:
        for name, value in args.items():
            if name not in self._account.settings:
                raise KeyError(name)
            self._account.set_option(name, value)
        return self._account.settings

    def _ui(self, args: dict[str, Any]) -> Any:
        """Do one `action` of `UserActions`, with `args`."""
        return self._user_actions.do(args["action"], args.get("args", {}))

    def _run_robots(self, args: dict[str, Any]) -> Any:
        """Do one `action` of `Robots`, with `args`."""
        self._robots.do(args["action"], args.get("args", {}))
        return {}

    def _show_behaviour(self, args: dict[str, Any]) -> Any:
        return msgspec.structs.asdict(self._account.behaviour)

    def _change_behaviour(self, args: dict[str, Any]) -> Any:
        """Change the switches that are named, and return all of them."""
        self._account.behaviour.change(args)
        return self._show_behaviour(args)

    def _webhooks(self, args: dict[str, Any]) -> Any:
        """Return the deliveries of webhooks, the oldest first."""
        return [
            {
                "code": delivery.code,
                "destination": delivery.destination,
                "data": delivery.data,
                "attempts": [{"at": at, "status": status} for at, status in delivery.attempts],
                "next_at": delivery.next_at,
            }
            for delivery in list(self._hooks.deliveries)[-int(args.get("last", 100)) :]
        ]

    def _run_webhooks(self, args: dict[str, Any]) -> Any:
        """Try again what the clock makes due."""
        return {"attempts": self._hooks.run_due()}

    def _delete(self, args: dict[str, Any]) -> Any:
        self._user_actions.delete(args["kind"], int(args["id"]))
        return {}


def _show(fault: Fault) -> dict[str, Any]:
    kind = next(name for name, type_ in _EFFECTS.items() if isinstance(fault.effect, type_))
    effect = {name: getattr(fault.effect, name) for name in type(fault.effect).__dataclass_fields__}
    return {
        "id": fault.id,
        "effect": {"kind": kind, **effect},
        "match": {
            "method": fault.method,
            "path": fault.path.pattern if fault.path else None,
            "operation": fault.operation,
        },
        "when": {"nth": fault.nth, "next": fault.next, "probability": fault.probability},
        "seen": fault.seen,
        "hits": fault.hits,
    }
