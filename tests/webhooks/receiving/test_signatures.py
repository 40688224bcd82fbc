"""Signatures and secrets."""

import hmac
import subprocess
import sys

import pytest

from amocrm.webhooks import (
    IntegrationUninstalled,
    SenderRefused,
    SignatureInvalid,
    chat_signature,
    check_secret,
    new_secret_path,
    parse,
    uninstall_signature,
    verify_chat,
    verify_uninstall,
)

CHANNEL = "0123456789abcdef0123456789abcdef01234567"
BODY = b'{"account_id":"11111111-2222-4333-8444-555555555555","time":1740996000}'
SIGNATURE = "f38e3e87377ce14b44b4406e3cbdebee80433c8b"
CLIENT, SECRET, ACCOUNT = "00000000-1111-4222-8333-444444444444", "demo-client-secret", 12345678
UNINSTALLED = "277d1eb9c3d9a83c87f84f9b59659792fd0c259c70e47b6c07b5cd80c604c4ba"


def test_the_vector_of_a_chat_hook() -> None:
    """The known signature of a known body."""
    assert chat_signature(BODY, CHANNEL) == SIGNATURE
    verify_chat(BODY, SIGNATURE, CHANNEL)
    verify_chat(BODY, SIGNATURE.upper(), ["old", CHANNEL])


@pytest.mark.parametrize(
    ("body", "signature", "secret"),
    [
        (BODY, None, CHANNEL),
        (BODY, "", CHANNEL),
        (BODY, SIGNATURE[:-1], CHANNEL),
        (BODY, "é", CHANNEL),
        (BODY + b" ", SIGNATURE, CHANNEL),
        (BODY, SIGNATURE, CHANNEL[::-1]),
    ],
)
def test_a_wrong_signature_is_refused(body: bytes, signature: str | None, secret: str) -> None:
    """A missing signature, another body or another secret."""
    with pytest.raises(SignatureInvalid) as caught:
        verify_chat(body, signature, secret)

    assert caught.value.status == 403
    assert secret not in str(caught.value)


def uninstalled(query: str) -> IntegrationUninstalled:
    """The event of an uninstall hook."""
    (event,) = parse(b"", query=query)
    assert isinstance(event, IntegrationUninstalled)
    return event


@pytest.mark.parametrize("name", ["client_uuid", "client_id"])
def test_the_vector_of_the_uninstall_hook(name: str) -> None:
    """The known signature of a known account, under both names of the integration's id."""
    event = uninstalled(f"account_id={ACCOUNT}&{name}={CLIENT}&signature={UNINSTALLED}")

    assert uninstall_signature(CLIENT, ACCOUNT, SECRET) == UNINSTALLED
    verify_uninstall(event, CLIENT, SECRET)


@pytest.mark.parametrize(
    "query",
    [
        f"account_id=1&client_uuid={CLIENT}&signature={UNINSTALLED}",
        f"account_id={ACCOUNT}&client_uuid=other&signature={UNINSTALLED}",
        f"account_id={ACCOUNT}&signature={UNINSTALLED}",
        f"account_id={ACCOUNT}&client_uuid={CLIENT}&signature=",
    ],
)
def test_a_wrong_uninstall_hook_is_refused(query: str) -> None:
    """Another account, another integration or no signature."""
    with pytest.raises(SignatureInvalid):
        verify_uninstall(uninstalled(query), CLIENT, SECRET)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/amocrm/s3cret", ""),
        ("/amocrm/s3cret/", ""),
        ("s3cret", ""),
        ("/hook", "secret=s3cret"),
        ("/hook", "a=1&secret=s3%63ret"),
    ],
)
def test_the_secret_is_found_in_either_place_of_the_address(path: str, query: str) -> None:
    """It is the last segment of the path or a parameter of the query; several may be valid at a time."""
    for valid in ("s3cret", ["new", "s3cret"]):
        try:
            check_secret(path, query, valid)
        except SenderRefused as error:
            pytest.fail(f"refused: {error}")


@pytest.mark.parametrize(
    ("path", "query"),
    [("/amocrm/", ""), ("", ""), ("/s3cret/x", ""), ("/x", "secret="), ("/x", "secre=s3cret")],
)
def test_a_wrong_secret_is_refused(path: str, query: str) -> None:
    """The answer does not even say that there is something."""
    with pytest.raises(SenderRefused) as caught:
        check_secret(path, query, "s3cret")

    assert caught.value.status == 404


def test_an_empty_secret_is_no_secret() -> None:
    """An empty secret would let everybody in."""
    with pytest.raises(ValueError, match="non-empty"):
        check_secret("/x", "", ["good", ""])


def test_secrets_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every comparison goes through `compare_digest`, for every secret, whichever fits."""
    compared: list[tuple[bytes, bytes]] = []

    def spy(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return one == other

    monkeypatch.setattr(hmac, "compare_digest", spy)

    check_secret("/a", "secret=b", ["a", "b", "c"])

    assert len(compared) == 6


def test_a_new_path_has_a_secret_of_its_own() -> None:
    """Fresh secrets are long, differ and are accepted."""
    one, other = new_secret_path(), new_secret_path("/hooks")

    assert one != other
    assert other.startswith("/hooks/")
    assert len(one.rpartition("/")[2]) >= 43
    check_secret(one, "", one.rpartition("/")[2])


@pytest.mark.slow
def test_webhooks_load_no_http_library() -> None:
    """Parsing needs neither an HTTP library nor the shell."""
    script = (
        "import sys; import amocrm.webhooks; amocrm.webhooks.parse(b'leads[add][0][id]=1');"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'httpx', 'httpcore', 'h11', 'anyio', 'asyncio', 'ssl', 'http', 'redis'}))"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert result.stdout.strip() == "[]"
