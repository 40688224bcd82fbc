"""Tests mirror the sources: from a module to its test is one step, or one line of the table below."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.support.syntax import tree_of

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
#: Modules that are tested elsewhere, mostly by what is reached through them: where, and a name that both use.
ELSEWHERE = """
amocrm/_core/auth
    token_errors.py            shell_async/auth/test_token_source.py              GrantInDoubt
amocrm/_core
    conflicting_packages.py    facade/test_command.py                             dist
    events.py                  shell_async/http/test_sender.py                    ResponseReceived
    processes.py               deployment/test_fork.py                            ForkSafeLock
    public_names.py            facade/test_public_names.py                        FunctionType
    validation.py              shell_async/connection/test_client_arguments.py    ConfigurationError
amocrm/_core/http
    attempt.py                 core/http/test_retry.py                            FailureKind
    exchange.py                shell_async/http/test_sender.py                    stream
    failures.py                core/http/test_retry.py                            failure_of_status
    options.py                 shell_async/connection/test_client_arguments.py    Timeout
    responses.py               shell_async/http/test_sender.py                    ResponseTooLarge
amocrm/_core/limits
    local_fallback.py          core/limits/test_limiter.py                        KeyState
    wait_queue.py              core/limits/test_redis_scripts.py                  WaitQueue
amocrm/_core/orm
    changes.py                 core/orm/test_tracking.py                          local
    doubt.py                   core/orm/test_outcome.py                           mark
    fingerprints.py            core/orm/test_filters.py                           day_of
    history.py                 facade/test_worlds.py                              events
    operations.py              core/orm/test_plan.py                              Operation
    unreadable.py              shell_async/orm/test_foreign_values.py             DriftWarning
amocrm/_async
    _home.py                   deployment/test_event_loops.py                     asyncio
    _redis.py                  shell_async/limits/test_redis.py                   redis
    client.py                  shell_async/test_surface.py                        AsyncAmoCRM
amocrm/_async/auth
    redis_token_store.py       shell_async/auth/test_lost_tokens.py               AsyncRedisTokenStore
    refreshing_tokens.py       shell_async/auth/test_token_source.py              TokenRefreshed
    store_conformance.py       test_store_recipes.py                              check_token_store
    token_stores.py            shell_async/auth/test_lost_tokens.py               AsyncFileTokenStore
amocrm/_async/connection
    connection.py              shell_async/connection/test_client_arguments.py    AsyncConnection
    executor.py                shell_async/http/test_sender.py                    RetryDecided
amocrm/_async/http
    connections.py             shell_async/connection/test_safety.py              create_default_context
    network.py                 shell_async/http/test_sender.py                    socket
amocrm/_async/limits
    file.py                    shell_async/limits/test_limiters.py                AsyncFileLimiter
    memory.py                  shell_async/limits/test_limiters.py                Slot
    polling.py                 shell_async/limits/test_limiters.py                waited
amocrm/_async/orm
    account.py                 shell_async/orm/test_session.py                    directory
    collections.py             shell_async/orm/test_query.py                      get_many
    finding.py                 shell_async/orm/test_upserting.py                 sure
    loading.py                 shell_async/orm/test_query.py                      NotFoundError
    lookups.py                 shell_async/orm/test_session.py                    reconcile
    reconciling.py             shell_async/orm/test_promise.py                    resend
    bulk_update.py             shell_async/orm/test_query_results.py             commit
    reading.py                 shell_async/orm/test_query.py                     FilterIgnored
    session_reading.py         shell_async/orm/test_session.py                   preload
    upsert_methods.py          shell_async/orm/test_upserting.py                 upsert_all
amocrm/_async/resources
    files.py                   shell_async/connection/test_service_hosts.py       upload_file_part
amocrm/_async/webhooks
    dispatcher.py              shell_async/webhooks/test_worker.py                on_failure
    handler_context.py         shell_async/webhooks/test_receiver.py              context
    redis_inbox.py             shell_async/webhooks/test_inbox.py                 AsyncRedisInbox
    worker_options.py          shell_async/webhooks/test_worker.py                concurrency
amocrm/_io
    http_library.py            test_arrows.py                                     httpx2
    login_server.py            io/test_local_server.py                            LocalServer
    sockets.py                 webhooks/test_sockets.py                           shutdown
amocrm/fields
    __init__.py                fields/test_structured.py                          LegalEntityValue
    _conditions.py             core/orm/test_filters.py                           Condition
amocrm/entities
    __init__.py                entities/test_constructors.py                      CatalogElement
    _adopting.py               shell_async/orm/test_promise.py                    adopt
    _adoption.py               shell_async/orm/test_preload.py                    NotLoaded
    _collecting.py             shell_async/orm/test_promise.py                    DOUBTFUL
    _holder.py                 entities/test_constructors.py                      _changes
    _kinds.py                  entities/test_constructors.py                      CatalogElement
    _links.py                  entities/test_relations.py                         main
    _local_changes.py          core/orm/test_tracking.py                          SetChanges
    _many_links.py             entities/test_relations.py                         NotLoaded
    _one_link.py               entities/test_relations.py                         embedded
    _merging.py                shell_async/orm/test_upserting.py                 replace
    _names.py                  entities/test_dicts.py                            TypeError
    _plain_values.py           entities/test_dicts.py                            to_dict
    _refused.py                core/orm/test_outcome.py                           ItemIssue
    _sent.py                   shell_async/orm/test_flush.py                      doubt
    catalog_element.py         entities/test_constructors.py                      CatalogElement
    company.py                 entities/test_constructors.py                      Company
    customer.py                entities/test_constructors.py                      Customer
    lead.py                    entities/test_constructors.py                      Lead
    note.py                    entities/test_constructors.py                      Notes
    _upserts.py                shell_async/orm/test_upserting.py                 counts
    pipeline.py                shell_async/orm/test_directories.py                is_lost
    tag.py                     entities/test_tags.py                              tags
    task.py                    entities/test_constructors.py                      Tasks
amocrm/webhooks/_events
    activity.py                webhooks/events/test_account_events.py             TaskResponsibleChanged
    base.py                    webhooks/events/test_account_events.py             UnknownEvent
    chats.py                   webhooks/events/test_other_deliveries.py           ChatMessageV1
    entities.py                webhooks/events/test_account_events.py             CustomerResponsibleChanged
    integration.py             webhooks/events/test_other_deliveries.py           CustomerTriggered
    talks.py                   webhooks/events/test_account_events.py             ChatTemplateSentForReview
amocrm/webhooks/_parsing
    parse.py                   webhooks/events/test_account_events.py             parse
amocrm/webhooks/_payload
    typed_payload.py           webhooks/parsing/test_php_forms.py                 typed_payload
    v2_to_v4.py                webhooks/parsing/test_php_forms.py                 HookLead
amocrm/webhooks/_receiving
    admission.py               webhooks/receiving/test_signatures.py              verify_uninstall
    handler_registry.py        shell_async/webhooks/test_worker.py                GiveUp
    inbox_entry.py             shell_async/webhooks/test_inbox.py                 received_at
    redis_scripts.py           shell_async/webhooks/test_inbox.py                 purge
    sqlite_statements.py       shell_async/webhooks/test_sqlite_inbox.py          purge
amocrm/webhooks
    _delivery.py               shell_async/webhooks/test_inbox.py                 Delivery
    asgi.py                    webhooks/test_adapters.py                          asgi_app
    errors.py                  webhooks/receiving/test_signatures.py              SignatureInvalid
    wsgi.py                    webhooks/test_adapters.py                          wsgi_app
amocrm_sandbox
    __init__.py                sandbox/sample_data/test_builder.py                SampleCounts
    __main__.py                sandbox/test_command.py                            main
    account.py                 sandbox/engine/test_limits_and_faults.py           create_integration
    app.py                     sandbox/engine/test_foundations.py                 Sandbox
    exchange.py                sandbox/engine/test_foundations.py                 has_body
    pytest_plugin.py           sandbox/http/test_httpx_transport.py               amocrm_sandbox_server
    ui_actions.py              sandbox/routes/test_bots_widgets.py                give_api_key
amocrm_sandbox/control
    control.py                 sandbox/routes/test_grants.py                      revoked_uri
amocrm_sandbox/domain
    catalogs.py                sandbox/routes/test_catalogs.py                    EXTERNAL_ID
    category_nodes.py          sandbox/routes/test_catalogs.py                    parent_request_id
    change_log.py              sandbox/routes/test_events.py                      entity_responsible_changed
    closest_task.py            sandbox/routes/test_links_notes_tasks.py           closest_task_at
    context.py                 sandbox/routes/test_lists.py                       _page_count
    customers_mode.py          sandbox/routes/test_customers.py                   Customers
    elements.py                sandbox/routes/test_catalogs.py                    supplier_field_values
    embedding.py               sandbox/domain/test_field_values.py                type_
    entities.py                sandbox/routes/test_leads.py                       only_deleted
    event_types.py             sandbox/routes/test_events.py                      contact_unlinked
    field_owners.py            sandbox/routes/test_catalogs.py                    catalog_id
    files.py                   sandbox/routes/test_drive.py                       has_multiple_versions
    kinds.py                   sandbox/routes/test_leads.py                       loss_reason_id
    note_params.py             sandbox/routes/test_links_notes_tasks.py           is_drive_attachment
    phone_lookup.py            sandbox/routes/test_calls.py                       PHONE
    relations.py               sandbox/routes/test_links_notes_tasks.py           unlink
    rights.py                  sandbox/domain/test_access.py                      status_rights
    selection.py               sandbox/routes/test_lists.py                       LIMIT
    stages.py                  sandbox/routes/test_leads.py                       is_main
    unsorted.py                sandbox/routes/test_unsorted.py                    decline
    v2_field_values.py         sandbox/domain/test_field_values.py                smart_address
amocrm_sandbox/engine
    cassette.py                facade/test_record.py                              interactions
    description.py             sandbox/engine/test_foundations.py                 Description
    fault_effects.py           sandbox/engine/test_limits_and_faults.py           SlowBody
    faults.py                  sandbox/engine/test_limits_and_faults.py           MalformedJson
    hook_delivery.py           sandbox/webhooks/test_delivery.py                  WebhookDelivery
    journal.py                 sandbox/engine/test_limits_and_faults.py           response_head
    masking.py                 sandbox/control/test_page.py                       mask_headers
    messages.py                sandbox/engine/test_foundations.py                 Allowed
    php_query.py               sandbox/engine/test_foundations.py                 parse_query
    rate_limits.py             sandbox/engine/test_limits_and_faults.py           Limiter
    refusals.py                sandbox/engine/test_foundations.py                 NotNullable
    router.py                  sandbox/engine/test_foundations.py                 template
    service_hosts.py           sandbox/routes/test_drive.py                       drive_url
    validate.py                sandbox/engine/test_foundations.py                 compile_validator
amocrm_sandbox/http
    client_connection.py       sandbox/http/test_server_bounds.py                 Pool
    server.py                  sandbox/http/test_server_bounds.py                 SandboxServer
amocrm_sandbox/messaging
    bots.py                    sandbox/routes/test_bots_widgets.py                marketing
amocrm_sandbox/routes
    account.py                 sandbox/routes/test_directories.py                 amojo_rights
    amojo.py                   sandbox/messaging/test_chats.py                    ORIGIN_INVALID_SIGNATURE
    amojo_messages.py          sandbox/messaging/test_chats.py                    react
    bots.py                    sandbox/routes/test_bots_widgets.py                execute_handlers
    catalog_elements.py        sandbox/routes/test_catalogs.py                    quantity
    companies.py               sandbox/routes/test_contacts_companies.py          companies
    complex_leads.py           sandbox/test_pairs.py                              source
    contact_chats.py           sandbox/messaging/test_chats.py                    chat_id
    contacts.py                sandbox/routes/test_contacts_companies.py          contacts
    customer_segments.py       sandbox/routes/test_customers.py                   available_products_price_types
    customer_statuses.py       sandbox/routes/test_customers.py                   periodicity
    drive_uploads.py           sandbox/routes/test_drive.py                       session_id
    entity_files.py            sandbox/routes/test_drive.py                       ajax
    field_groups.py            sandbox/routes/test_catalogs.py                    custom_field_groups
    fields.py                  sandbox/domain/test_object_field_values.py         search_in
    knowledge.py               sandbox/routes/test_bots_widgets.py                available_functions
    legacy.py                  sandbox/routes/test_catalogs.py                    PAGEN_1
    links.py                   sandbox/routes/test_links_notes_tasks.py           to_catalog_id
    loss_reasons.py            sandbox/routes/test_directories.py                 loss_reasons
    notes.py                   sandbox/routes/test_links_notes_tasks.py           unpin
    owner.py                   sandbox/routes/test_bots_widgets.py                exchange_api_key
    pipelines.py               sandbox/routes/test_directories.py                 Pipeline
    products.py                sandbox/routes/test_catalogs.py                    products_settings
    short_links.py             sandbox/routes/test_bots_widgets.py                subscriber_id
    statuses.py                sandbox/routes/test_directories.py                 descriptions
    tags.py                    sandbox/routes/test_directories.py                 NotUnique
    talks.py                   sandbox/messaging/test_chats.py                    only_in_work
    tasks.py                   sandbox/routes/test_links_notes_tasks.py           lead_statuses
    transactions.py            sandbox/routes/test_customers.py                   Transactions
    users.py                   sandbox/domain/test_access.py                      catalog_access
    webhooks.py                sandbox/webhooks/test_delivery.py                  InvalidFormat
    website_buttons.py         sandbox/routes/test_sources.py                     creation_pending
    widgets.py                 sandbox/routes/test_bots_widgets.py                is_active_in_account
amocrm_sandbox/sample_data
    people.py                  sandbox/sample_data/test_builder.py                is_woman
    recording.py               sandbox/sample_data/test_recorded_account.py       GET
    sample_fields.py           sandbox/sample_data/test_builder.py                sample_values
amocrm_sandbox/storage
    clock.py                   sandbox/engine/test_late_effects.py                ManualClock
    jwt.py                     sandbox/routes/test_grants.py                      HS256
    schema.py                  sandbox/test_command.py                            hook_failures
    seed.py                    sandbox/routes/test_directories.py                 FOLLOW_UP
    seed_reference_data.py     sandbox/routes/test_bots_widgets.py                is_active_in_account
    store.py                   sandbox/test_command.py                            AccountFileError
    tokens.py                  sandbox/routes/test_oauth.py                       server_time
amocrm_sandbox/webhooks
    bodies.py                  sandbox/webhooks/test_delivery.py                  add_chat_template_review
    chat_signature.py          sandbox/messaging/test_chats.py                    signature_headers
    installations.py           sandbox/routes/test_grants.py                      disposable_token
generator
    __main__.py                generator/test_build.py                            main
    calls.py                   generator/test_requests.py                         Takes
    naming.py                  generator/test_bound.py                            builtins
    node_types.py              generator/test_lint.py                             oneOf
    opc_input.py               generator/test_build.py                            openapi
    rules_batches.py           generator/test_lint.py                             inferred
    rules_collections.py       generator/test_lint.py                             twin
    rules_operations.py        generator/test_lint.py                             likely
    rules_schemas.py           generator/test_lint.py                             constraint
    shell_rules.py             generator/test_async_to_sync.py                    Generator
    source.py                  generator/test_lint.py                             anchor
    uncertain_facts.py         generator/test_golden.py                           spec
generator/runtime
    chat_signing.py            core/http/test_chat_signing.py                     signed_headers
    client.py                  contract/test_plain_client.py                      AsyncClient
    decoding.py                test_first_decode.py                               decode
    drift.py                   generator/test_reader.py                           Drift
    encoding.py                shell_async/orm/test_foreign_values.py             lone
    error_hints.py             generator/test_problems.py                         grants
    errors.py                  core/test_errors.py                                AmoCRMError
    model.py                   generator/test_models.py                           Model
    op.py                      generator/test_requests.py                         documented
    operation.py               contract/test_plain_client.py                      async_items
    resource.py                generator/test_resources.py                        within
    response_status.py         generator/test_problems.py                         is_page
    shapes.py                  contract/test_shapes.py                            Model
    token_hiding.py            shell_async/connection/test_secrets.py             hidden
    wire.py                    generator/test_requests.py                         content_type
    with_options.py            generator/test_bound.py                            extra_body
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


def elsewhere() -> dict[str, tuple[str, str]]:
    """Return the table: module to the place of its test and the name that both use."""
    found: dict[str, tuple[str, str]] = {}
    folder = ""
    for line in ELSEWHERE.strip().splitlines():
        if not line.startswith(" "):
            folder = line if line.startswith("generator") else f"src/{line}"
            continue
        module, place, name = line.split()
        found[f"{folder}/{module}"] = (place, name)
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
    """The place is there, and its code and that of the module share the name that the table gives."""
    place, name = elsewhere()[module]
    assert name in names(ROOT / module)
    assert name in names(ROOT / "tests" / place)
