"""Tests mirror the sources: from a module to its test is one step, or one line of the table below."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.support.evidence import near
from tests.support.syntax import module_of, tree_of

ROOT = Path(__file__).resolve().parents[1]
#: folder of sources: folder of their tests; the deepest one counts
MIRRORS = {
    "src/amocrm/_core": "core",
    "src/amocrm/_async": "shell_async",
    "src/amocrm/_io": "io",
    "src/amocrm/fields": "fields",
    "src/amocrm/entities": "entities",
    "src/amocrm/webhooks": "webhooks",
    "src/amocrm_sandbox": "sandbox",
    "generator": "generator",
    "generator/runtime": "generator",
}
#: rows that rest on a shared word
WORDS = 48
#: Modules that are tested elsewhere: where. The test imports the module, or requests a path that it serves, or does so
#: with a module that imports it (`tests/support/evidence.py`). Where it reaches the module from further away, the row
#: ends with a word that both use.
ELSEWHERE = """
amocrm/_core/auth
    token_errors.py            shell_async/auth/test_token_source.py             GrantInDoubt
amocrm/_core
    conflicting_packages.py    facade/test_command.py
    events.py                  shell_async/http/test_sender.py
    processes.py               deployment/test_fork.py                           ForkSafeLock
    public_names.py            facade/test_public_names.py
    validation.py              shell_async/connection/test_client_arguments.py
amocrm/_core/http
    attempt.py                 core/http/test_retry.py                           FailureKind
    exchange.py                shell_async/http/test_sender.py
    failures.py                core/http/test_retry.py
    options.py                 shell_async/connection/test_client_arguments.py
    responses.py               shell_async/http/test_sender.py                   ResponseTooLarge
amocrm/_core/limits
    local_fallback.py          shell_async/limits/test_redis.py
    wait_queue.py              core/limits/test_redis_scripts.py
amocrm/_core/orm
    changes.py                 core/orm/test_tracking.py                         local
    doubt.py                   core/orm/test_evidence.py
    operations.py              core/orm/test_plan.py
    unreadable.py              shell_async/orm/test_foreign_values.py            DriftWarning
amocrm/_async
    _home.py                   deployment/test_event_loops.py                    asyncio
    _redis.py                  shell_async/limits/test_redis.py
    client.py                  shell_async/test_surface.py
amocrm/_async/auth
    redis_token_store.py       shell_async/auth/test_lost_tokens.py
    refreshing_tokens.py       shell_async/auth/test_token_source.py
    store_conformance.py       test_store_recipes.py
    token_stores.py            shell_async/auth/test_lost_tokens.py
amocrm/_async/connection
    connection.py              shell_async/connection/test_client_arguments.py
    executor.py                shell_async/http/test_sender.py
amocrm/_async/http
    connections.py             shell_async/connection/test_safety.py             create_default_context
    network.py                 shell_async/http/test_sender.py                   socket
amocrm/_async/limits
    file.py                    shell_async/limits/test_limiters.py
    memory.py                  shell_async/limits/test_limiters.py
    polling.py                 shell_async/limits/test_limiters.py
amocrm/_async/orm
    account.py                 shell_async/orm/test_session.py
    finding.py                 shell_async/orm/test_upserting.py                 sure
    loading.py                 shell_async/orm/test_query.py
    lookups.py                 shell_async/orm/test_session.py                   reconcile
    reading.py                 shell_async/orm/test_query.py                     FilterIgnored
    session_objects.py         shell_async/orm/test_session.py                   preload
amocrm/_async/resources
    catalogs.py                shell_async/resources/test_every_area.py
    chats.py                   shell_async/resources/test_every_area.py
    conversations.py           shell_async/resources/test_every_area.py
    customers.py               shell_async/resources/test_every_area.py
    events.py                  shell_async/resources/test_every_area.py
    integrations.py            shell_async/resources/test_every_area.py
    telephony.py               shell_async/resources/test_every_area.py
    unsorted.py                shell_async/resources/test_every_area.py
amocrm/_async/webhooks
    dispatcher.py              shell_async/webhooks/test_worker.py               on_failure
    handler_context.py         shell_async/webhooks/test_receiver.py             context
    redis_inbox.py             shell_async/webhooks/test_inbox.py
    worker_options.py          shell_async/webhooks/test_worker.py
amocrm/_io
    http_library.py            shell_async/http/test_transport.py
    login_server.py            io/test_local_server.py                           LocalServer
    sockets.py                 webhooks/test_sockets.py                          shutdown
amocrm/fields
    __init__.py                fields/test_structured.py
    _conditions.py             core/orm/test_filters.py                          Condition
amocrm/entities
    __init__.py                facade/test_public_names.py
    _adopting.py               shell_async/orm/test_promise.py                   adopt
    _adoption.py               shell_async/orm/test_preload.py
    _collecting.py             core/orm/test_plan.py
    _holder.py                 entities/test_constructors.py
    _kinds.py                  entities/test_constructors.py
    _links.py                  entities/test_relations.py
    _local_changes.py          core/orm/test_tracking.py                         SetChanges
    _many_links.py             entities/test_relations.py
    _one_link.py               entities/test_relations.py
    _merging.py                shell_async/orm/test_upserting.py                 replace
    _names.py                  entities/test_dicts.py                            TypeError
    _refused.py                core/orm/test_outcome.py                          ItemIssue
    _sent.py                   shell_async/orm/test_flush.py                     doubt
    catalog_element.py         entities/test_constructors.py
    company.py                 entities/test_constructors.py
    customer.py                entities/test_constructors.py
    lead.py                    entities/test_constructors.py
    note.py                    entities/test_constructors.py
    _upserts.py                shell_async/orm/test_short_forms.py
    pipeline.py                shell_async/orm/test_directories.py
    task.py                    entities/test_constructors.py
amocrm/webhooks/_events
    activity.py                webhooks/events/test_account_events.py
    base.py                    webhooks/events/test_account_events.py
    chats.py                   webhooks/events/test_other_deliveries.py
    entities.py                webhooks/events/test_account_events.py
    integration.py             webhooks/events/test_other_deliveries.py
    talks.py                   webhooks/events/test_account_events.py
amocrm/webhooks/_parsing
    parse.py                   webhooks/events/test_account_events.py
amocrm/webhooks/_payload
    typed_payload.py           webhooks/parsing/test_php_forms.py
    v2_to_v4.py                webhooks/parsing/test_php_forms.py                HookLead
amocrm/webhooks/_receiving
    admission.py               webhooks/receiving/test_signatures.py             verify_uninstall
    handler_registry.py        shell_async/webhooks/test_worker.py
    inbox_entry.py             shell_async/webhooks/test_inbox.py
    redis_scripts.py           shell_async/webhooks/test_inbox.py
    sqlite_statements.py       shell_async/webhooks/test_sqlite_inbox.py
amocrm/webhooks
    _delivery.py               shell_async/webhooks/test_inbox.py
    asgi.py                    webhooks/test_adapters.py
    errors.py                  webhooks/receiving/test_signatures.py
    wsgi.py                    webhooks/test_adapters.py
amocrm_sandbox
    __init__.py                sandbox/engine/test_foundations.py
    __main__.py                sandbox/test_command.py
    account.py                 sandbox/engine/test_limits_and_faults.py
    app.py                     sandbox/engine/test_foundations.py
    exchange.py                sandbox/engine/test_foundations.py
    pytest_plugin.py           sandbox/http/test_httpx_transport.py              amocrm_sandbox_server
    ui_actions.py              sandbox/routes/test_bots_widgets.py
amocrm_sandbox/control
    control.py                 sandbox/routes/test_grants.py
amocrm_sandbox/domain
    catalogs.py                sandbox/routes/test_catalogs.py
    category_nodes.py          sandbox/routes/test_catalogs.py
    change_log.py              sandbox/routes/test_events.py                     entity_responsible_changed
    closest_task.py            sandbox/routes/test_links_notes_tasks.py
    context.py                 sandbox/routes/test_lists.py
    customers_mode.py          sandbox/routes/test_customers.py
    elements.py                sandbox/routes/test_catalogs.py
    embedding.py               sandbox/domain/test_field_values.py               type_
    entities.py                sandbox/routes/test_leads.py
    event_types.py             sandbox/routes/test_events.py
    field_owners.py            sandbox/routes/test_catalogs.py
    files.py                   sandbox/routes/test_drive.py
    kinds.py                   sandbox/routes/test_leads.py
    note_params.py             sandbox/routes/test_links_notes_tasks.py
    phone_lookup.py            sandbox/routes/test_calls.py
    relations.py               sandbox/routes/test_links_notes_tasks.py
    rights.py                  sandbox/domain/test_access.py
    selection.py               sandbox/routes/test_lists.py                      LIMIT
    stages.py                  sandbox/routes/test_leads.py
    unsorted.py                sandbox/routes/test_unsorted.py
    v2_field_values.py         sandbox/domain/test_field_values.py               smart_address
amocrm_sandbox/engine
    cassette.py                facade/test_record.py
    description.py             sandbox/engine/test_foundations.py
    fault_effects.py           sandbox/engine/test_limits_and_faults.py          SlowBody
    faults.py                  sandbox/engine/test_limits_and_faults.py
    hook_delivery.py           sandbox/webhooks/test_delivery.py
    journal.py                 sandbox/engine/test_limits_and_faults.py          response_head
    masking.py                 sandbox/control/test_page.py
    messages.py                sandbox/engine/test_foundations.py
    php_query.py               sandbox/engine/test_foundations.py
    rate_limits.py             sandbox/engine/test_limits_and_faults.py
    refusals.py                sandbox/engine/test_foundations.py
    router.py                  sandbox/engine/test_foundations.py
    service_hosts.py           sandbox/routes/test_drive.py
    validate.py                sandbox/engine/test_foundations.py
amocrm_sandbox/http
    client_connection.py       sandbox/http/test_server_bounds.py
    server.py                  sandbox/http/test_server_bounds.py
amocrm_sandbox/messaging
    bots.py                    sandbox/routes/test_bots_widgets.py
amocrm_sandbox/routes
    account.py                 sandbox/routes/test_directories.py
    amojo.py                   sandbox/messaging/test_chats.py
    amojo_messages.py          sandbox/messaging/test_chats.py
    bots.py                    sandbox/routes/test_bots_widgets.py
    catalog_elements.py        sandbox/routes/test_catalogs.py
    companies.py               sandbox/routes/test_contacts_companies.py
    complex_leads.py           sandbox/domain/test_duplicates.py
    contact_chats.py           sandbox/messaging/test_chats.py
    contacts.py                sandbox/routes/test_contacts_companies.py
    customer_segments.py       sandbox/routes/test_customers.py
    customer_statuses.py       sandbox/routes/test_customers.py
    drive_uploads.py           sandbox/routes/test_drive.py
    entity_files.py            sandbox/routes/test_drive.py
    field_groups.py            sandbox/routes/test_catalogs.py
    fields.py                  sandbox/domain/test_object_field_values.py
    knowledge.py               sandbox/routes/test_bots_widgets.py
    legacy.py                  sandbox/routes/test_catalogs.py
    links.py                   sandbox/routes/test_links_notes_tasks.py
    loss_reasons.py            sandbox/routes/test_directories.py                loss_reasons
    notes.py                   sandbox/routes/test_links_notes_tasks.py
    owner.py                   sandbox/routes/test_bots_widgets.py
    pipelines.py               sandbox/routes/test_directories.py
    products.py                sandbox/routes/test_catalogs.py
    short_links.py             sandbox/routes/test_bots_widgets.py
    statuses.py                sandbox/routes/test_directories.py
    tags.py                    sandbox/routes/test_directories.py
    talks.py                   sandbox/messaging/test_chats.py
    tasks.py                   sandbox/routes/test_links_notes_tasks.py
    transactions.py            sandbox/routes/test_customers.py
    users.py                   sandbox/domain/test_access.py
    webhooks.py                sandbox/webhooks/test_delivery.py
    website_buttons.py         sandbox/routes/test_sources.py
    widgets.py                 sandbox/routes/test_bots_widgets.py               is_active_in_account
amocrm_sandbox/sample_data
    people.py                  sandbox/sample_data/test_builder.py
    recording.py               sandbox/sample_data/test_recorded_account.py
    sample_fields.py           sandbox/sample_data/test_builder.py
amocrm_sandbox/storage
    clock.py                   sandbox/engine/test_late_effects.py
    jwt.py                     sandbox/routes/test_grants.py                     HS256
    schema.py                  sandbox/test_command.py
    seed.py                    sandbox/routes/test_directories.py
    seed_reference_data.py     sandbox/routes/test_bots_widgets.py               is_active_in_account
    store.py                   sandbox/test_command.py
    tokens.py                  sandbox/routes/test_oauth.py
amocrm_sandbox/webhooks
    bodies.py                  sandbox/webhooks/test_delivery.py                 add_chat_template_review
    chat_signature.py          sandbox/messaging/test_chats.py
    installations.py           sandbox/routes/test_grants.py
generator
    __main__.py                generator/test_build.py
    calls.py                   generator/test_endpoints.py
    naming.py                  generator/test_models.py
    node_types.py              generator/test_lint.py
    opc_input.py               generator/test_endpoints.py
    rules_batches.py           generator/test_lint.py                            inferred
    rules_collections.py       generator/test_lint.py
    rules_examples.py          generator/test_lint.py
    rules_operations.py        generator/test_lint.py
    rules_schemas.py           generator/test_lint.py
    shell_rules.py             generator/test_async_to_sync.py
    source.py                  generator/test_lint.py
    uncertain_facts.py         generator/test_coverage.py
generator/runtime
    chat_signing.py            core/http/test_chat_signing.py
    client.py                  contract/test_plain_client.py
    decoding.py                test_first_decode.py                              decode
    drift.py                   generator/test_reader.py
    encoding.py                shell_async/orm/test_foreign_values.py            lone
    error_hints.py             generator/test_problems.py
    errors.py                  core/test_errors.py
    model.py                   generator/test_reader.py
    op.py                      shell_async/http/test_sender.py
    operation.py               contract/test_plain_client.py
    resource.py                generator/test_resources.py
    response_status.py         generator/test_problems.py
    shapes.py                  contract/test_shapes.py
    token_hiding.py            shell_async/connection/test_secrets.py            hidden
    wire.py                    shell_async/http/test_sender.py
    with_options.py            generator/test_bound.py                           extra_body
"""


def modules() -> Iterator[str]:
    """Give the modules with functions or classes of their own, as paths in the repository."""
    for source in MIRRORS:
        for path in sorted((ROOT / source).rglob("*.py")):
            body = tree_of(path).body
            if "_generated" not in path.parts and any(
                isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) for node in body
            ):
                yield path.relative_to(ROOT).as_posix()


def mirrored(module: str) -> str:
    """Return where the test of a module belongs: its folder and its name, without underscores around them."""
    source = max((each for each in MIRRORS if module.startswith(each + "/")), key=len)
    *folders, name = module.removeprefix(source + "/").removesuffix(".py").split("/")
    return "/".join([MIRRORS[source], *(each.strip("_") for each in folders), f"test_{name.strip('_')}.py"])


def elsewhere() -> dict[str, tuple[str, str | None]]:
    """Return the table: module to the place of its test and the word that both use, if it takes one."""
    found: dict[str, tuple[str, str | None]] = {}
    folder = ""
    for line in ELSEWHERE.strip().splitlines():
        if not line.startswith(" "):
            folder = line if line.startswith("generator") else f"src/{line}"
            continue
        module, place, *word = line.split()
        found[f"{folder}/{module}"] = (place, word[0] if word else None)
    return found


@cache
def names(path: Path) -> set[str]:
    """Return the words of the code in a file, strings included; docstrings and comments prove nothing."""
    tree = tree_of(path)
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    words: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in told:
                words.update(re.findall(r"\w+", text))
            case ast.Name(id=word) | ast.Attribute(attr=word) | ast.keyword(arg=str(word)):
                words.add(word)
            case ast.ClassDef(name=word) | ast.FunctionDef(name=word) | ast.AsyncFunctionDef(name=word):
                words.add(word)
            case ast.alias(name=word):
                words.update(word.split("."))
    return words


def test_every_module_has_its_test_in_the_mirrored_place_or_in_the_table() -> None:
    """Whoever opens a module finds its test without searching."""
    homeless = [each for each in modules() if not (ROOT / "tests" / mirrored(each)).is_file()]
    assert sorted(set(homeless) - set(elsewhere())) == []


def test_the_table_has_no_line_too_many() -> None:
    """A module that is gone or has a test of its own needs no line."""
    idle = [
        module
        for module in elsewhere()
        if not (ROOT / module).is_file() or (ROOT / "tests" / mirrored(module)).is_file()
    ]
    assert idle == []


@pytest.mark.parametrize("module", elsewhere())
def test_the_table_tells_the_truth(module: str) -> None:
    """The place is there and near the module, or both share the word that the row gives."""
    place, word = elsewhere()[module]
    test = ROOT / "tests" / place
    if word is None:
        assert module_of(ROOT / module) in near(test)
    else:
        assert word in names(ROOT / module)
        assert word in names(test)


def test_words_prove_less_and_less() -> None:
    """A shared word is weak evidence: the number of rows that rest on one may only fall."""
    assert sum(word is not None for _, word in elsewhere().values()) <= WORDS


def test_a_test_that_has_nothing_to_do_with_a_module_is_not_near_it() -> None:
    """The evidence can fail: tests of the sandbox are not near the client, nor tests of leads near the tags' routes."""
    leads = near(ROOT / "tests/sandbox/routes/test_leads.py")

    assert "amocrm_sandbox.routes.leads" in leads
    assert not {"amocrm._async.client", "amocrm_sandbox.routes.drive", "generator.lint"} & leads
