<?php

// Every service of the vendor's PHP library against the sandbox: created, read, listed, changed as read, linked,
// deleted. Prints one JSON object a line for each call.

require getenv('INTEROP_AUTOLOAD');
require __DIR__ . '/php_driving.php';

use AmoCRM\Client\AmoCRMApiClient;
use AmoCRM\Collections as C;
use AmoCRM\Filters as F;
use AmoCRM\Models as M;
use League\OAuth2\Client\Token\AccessToken;

error_reporting(E_ALL & ~E_DEPRECATED & ~E_WARNING & ~E_NOTICE);
$job = json_decode(file_get_contents('php://stdin'), true);
$crm = new AmoCRMApiClient($job['client_id'], $job['client_secret'], $job['redirect_uri']);
$crm->setAccessToken(new AccessToken([
    'access_token' => $job['token'], 'refresh_token' => $job['refresh_token'], 'expires' => time() + 86400,
]))->setAccountBaseDomain($job['host']); // address
$filter = new F\PagesFilter();

// ---- the account

attempt('account.getCurrent', fn() => $crm->account()->getCurrent());
attempt('account.getCurrent with', fn() => $crm->account()->getCurrent(M\AccountModel::getAvailableWith()));
attempt('oauth.getResourceOwner', fn() => $crm->getOAuthClient()->getResourceOwner($crm->getAccessToken()));
attempt('oauth.refresh', fn() => $crm->getOAuthClient()->getAccessTokenByRefreshToken($crm->getAccessToken()));
attempt('oauth.code', fn() => $crm->getOAuthClient()->getAccessTokenByCode($job['code']));
attempt('context user', fn() => $crm->withContextUserId($job['user_id'])->account()->getCurrent());
$crm = $crm->withContextUserId(null);
attempt('customers.setMode', fn() => $crm->customers()->setMode('segments'));
attempt('products.settings', fn() => $crm->products()->settings());
attempt('products.updateSettings', fn() => $crm->products()->updateSettings(model(M\ProductsSettingsModel::class, ['isEnabled' => true])));
attempt('currencies.get', fn() => $crm->currencies()->get());
attempt('eventTypes.get', fn() => $crm->eventTypes()->get());

// ---- fields of every type, and their values

$enums = fn() => (new C\CustomFields\CustomFieldEnumsCollection())
    ->add(model(M\CustomFields\EnumModel::class, ['value' => 'Один', 'sort' => 1, 'code' => 'one']))
    ->add(model(M\CustomFields\EnumModel::class, ['value' => 'Два', 'sort' => 2, 'code' => 'two']));
$types = [
    'text' => 'Text', 'textarea' => 'Textarea', 'numeric' => 'Numeric', 'checkbox' => 'Checkbox', 'url' => 'Url',
    'date' => 'Date', 'date_time' => 'DateTime', 'birthday' => 'Birthday', 'streetaddress' => 'StreetAddress',
    'smart_address' => 'SmartAddress', 'select' => 'Select', 'multiselect' => 'Multiselect',
    'radiobutton' => 'Radiobutton', 'legal_entity' => 'LegalEntity', 'monetary' => 'Monetary', 'file' => 'File',
    'tracking_data' => 'TrackingData',
];
$allowed = [
    'leads' => $types, 'contacts' => array_diff_key($types, ['tracking_data' => 0]),
    'companies' => array_diff_key($types, ['tracking_data' => 0]),
    'customers' => array_diff_key($types, array_flip(['tracking_data', 'birthday', 'smart_address', 'legal_entity'])),
    'customers/segments' => ['text' => 'Text', 'select' => 'Select', 'numeric' => 'Numeric'],
];
$made = [];
foreach ($allowed as $owner => $ofOwner) {
    $service = $crm->customFields($owner);
    foreach ($ofOwner as $type => $word) {
        $class = "AmoCRM\\Models\\CustomFields\\{$word}CustomFieldModel";
        $field = model($class, ['name' => "Поле $type", 'sort' => 10]);
        if (in_array($type, ['select', 'multiselect', 'radiobutton'], true)) {
            $field->setEnums($enums());
        }
        if (method_exists($field, 'setCurrency')) {
            $field->setCurrency('RUB');
        }
        $one = attempt("fields $owner.addOne $type", fn() => $service->addOne($field));
        if ($one) {
            $made[$owner][$type] = $one;
            $read = attempt("fields $owner.getOne $type", fn() => $service->getOne($one->getId()));
            if ($read) {
                attempt("fields $owner.updateOne $type", fn() => $service->updateOne($read));
                $made[$owner][$type] = $read;
            }
        }
    }
    $list = attempt("fields $owner.get", fn() => $service->get());
    attempt("fields $owner.get types", fn() => $service->get((new F\CustomFieldsFilter())->setTypes(['text'])));
    $extra = attempt("fields $owner.add", fn() => $service->add(collection(
        $service,
        model(M\CustomFields\TextCustomFieldModel::class, ['name' => 'На удаление']),
        model(M\CustomFields\TextCustomFieldModel::class, ['name' => 'На удаление 2'])
    )));
    if ($extra) {
        attempt("fields $owner.deleteOne", fn() => $service->deleteOne($extra->first()));
    }
    if ($owner !== 'customers/segments') {
        drive(
            "groups $owner",
            $crm->customFieldGroups($owner),
            fn($n) => model(M\CustomFieldGroupModel::class, ['name' => "Группа $n", 'sort' => 5 + $n])
        );
    }
}
$valued = [
    'text' => [['value' => 'x']], 'textarea' => [['value' => "x\ny"]], 'numeric' => [['value' => '12.5']],
    'checkbox' => [['value' => true]], 'url' => [['value' => 'https://example.com']],
    'date' => [['value' => 1700000000]], 'date_time' => [['value' => 1700000000]],
    'birthday' => [['value' => '1990-05-17T00:00:00+03:00']], 'streetaddress' => [['value' => 'Улица 1']],
    'smart_address' => [['value' => 'Москва', 'enum_code' => 'city']], 'select' => [['value' => 'Один']],
    'multiselect' => [['value' => 'Один'], ['value' => 'Два']], 'radiobutton' => [['value' => 'Два']],
    'legal_entity' => [['value' => ['name' => 'ООО', 'entity_type' => 1, 'vat_id' => '123']]],
    'monetary' => [['value' => '100']], 'tracking_data' => [['value' => 'utm']],
];
// ---- the four entities

$range = fn() => model(F\BaseRangeFilter::class, ['from' => 1, 'to' => 1999999999]);
$filters = function (string $class) use ($range, $job) {
    $made = [];
    $args = [
        'ids' => [1, 2], 'names' => ['x'], 'price' => $range(), 'createdBy' => [$job['user_id']],
        'updatedBy' => [$job['user_id']], 'responsibleUserId' => [$job['user_id']], 'createdAt' => $range(),
        'updatedAt' => $range(), 'closedAt' => $range(), 'closestTaskAt' => $range(), 'pipelineIds' => [1],
        'query' => 'x', 'statuses' => [['status_id' => 142, 'pipeline_id' => 1]], 'statusIds' => [1],
        'nextPrice' => $range(), 'nextDate' => $range(),
    ];
    foreach ($args as $name => $value) {
        if (method_exists($class, 'set' . ucfirst($name))) {
            $made["by $name"] = model($class, [$name => $value]);
        }
    }
    if (method_exists($class, 'setOrder')) {
        $made['ordered'] = model($class, [])->setOrder('updated_at', 'desc');
    }
    return $made;
};
$tags = fn(...$names) => array_reduce(
    $names ?: ['сайт', 'выставка'],
    fn($all, $name) => $all->add(model(M\TagModel::class, ['name' => $name])),
    new C\TagsCollection()
);
$contact = drive('contacts', $crm->contacts(), fn($n) => model(M\ContactModel::class, [
    'name' => "Контакт $n", 'firstName' => 'Анна', 'lastName' => "К $n", 'tags' => $tags(),
    'customFieldsValues' => valuesOf($made['contacts'], $valued),
]));
listed('contacts', $crm->contacts(), $filters(F\ContactsFilter::class));
$company = drive('companies', $crm->companies(), fn($n) => model(M\CompanyModel::class, [
    'name' => "Компания $n", 'tags' => $tags(), 'customFieldsValues' => valuesOf($made['companies'], $valued),
]));
listed('companies', $crm->companies(), $filters(F\CompaniesFilter::class));
$lead = drive('leads', $crm->leads(), fn($n) => model(M\LeadModel::class, [
    'name' => "Сделка $n", 'price' => 100 + $n, 'tags' => $tags(), 'customFieldsValues' => valuesOf($made['leads'], $valued),
    'contacts' => (new C\ContactsCollection())->add((new M\ContactModel())->setId($contact->getId())->setIsMain(true)),
    'company' => (new M\CompanyModel())->setId($company->getId()),
]));
listed('leads', $crm->leads(), $filters(F\LeadsFilter::class));
$complex = fn($n) => model(M\LeadModel::class, [
    'name' => "Сложная $n", 'price' => 7, 'tags' => $tags(),
    'contacts' => (new C\ContactsCollection())->add(model(M\ContactModel::class, ['firstName' => 'Анна', 'isMain' => true])),
    'company' => model(M\CompanyModel::class, ['name' => 'Новая']),
]);
attempt('leads.addOneComplex', fn() => $crm->leads()->addOneComplex($complex(0)));
attempt('leads.addComplex', fn() => $crm->leads()->addComplex((new C\Leads\LeadsCollection())->add($complex(1))->add($complex(2))));
$customer = drive('customers', $crm->customers(), fn($n) => model(M\Customers\CustomerModel::class, [
    'name' => "Покупатель $n", 'tags' => $tags(), 'customFieldsValues' => valuesOf($made['customers'], $valued),
]));
listed('customers', $crm->customers(), $filters(F\CustomersFilter::class));

// ---- lists, links

$catalog = drive('catalogs', $crm->catalogs(), fn($n) => model(M\CatalogModel::class, [
    'name' => "Список $n", 'sort' => 10, 'canAddElements' => true, 'canLinkMultiple' => true,
]));
$elements = $crm->catalogElements($catalog->getId());
$element = drive('elements', $elements, fn($n) => model(M\CatalogElementModel::class, ['name' => "Элемент $n"]));
listed('elements', $elements, ['by query' => model(F\CatalogElementsFilter::class, ['query' => 'Элемент']), 'by ids' => model(F\CatalogElementsFilter::class, ['ids' => [1]])]);
$services = ['leads' => $crm->leads(), 'contacts' => $crm->contacts(), 'companies' => $crm->companies(), 'customers' => $crm->customers()];
$ones = ['leads' => $lead, 'contacts' => $contact, 'companies' => $company, 'customers' => $customer];
$pairs = ['leads' => ['contacts', 'companies'], 'contacts' => ['leads', 'customers'], 'companies' => ['contacts', 'leads'], 'customers' => ['contacts', 'companies']];
foreach ($pairs as $kind => $others) {
    $linked = (new C\LinksCollection())->add($ones[$others[0]])->add($ones[$others[1]]);
    $product = model(M\CatalogElementModel::class, ['id' => $element->getId(), 'catalogId' => $catalog->getId(), 'quantity' => 2]);
    foreach (["$kind to " . implode(', ', $others) => $linked, "$kind to elements" => (new C\LinksCollection())->add($product)] as $about => $links) {
        attempt("link $about", fn() => $services[$kind]->link($ones[$kind], $links));
        attempt("links $about", fn() => $services[$kind]->getLinks($ones[$kind]));
        attempt("unlink $about", fn() => $services[$kind]->unlink($ones[$kind], $links));
    }
    $mass = $crm->links($kind);
    $link = model(M\LinkModel::class, ['entityId' => $ones[$kind]->getId(), 'entityType' => $kind, 'toEntityId' => $ones[$others[0]]->getId(), 'toEntityType' => $others[0]]);
    attempt("links $kind.add", fn() => $mass->add((new C\LinksCollection())->add($link)));
    attempt("links $kind.get", fn() => $mass->get(new F\EntitiesLinksFilter([$ones[$kind]->getId()])));
    attempt("links $kind.delete", fn() => $mass->delete((new C\LinksCollection())->add($link)));
}

// ---- notes of every kind, tasks, tags

$params = [
    'common' => ['text' => 'x'], 'service_message' => ['text' => 'x', 'service' => 's'],
    'extended_service_message' => ['text' => 'x', 'service' => 's'], 'sms_in' => ['text' => 'x', 'phone' => '+79000000001'],
    'sms_out' => ['text' => 'x', 'phone' => '+79000000001'], 'geolocation' => ['text' => 'x', 'address' => 'a', 'longitude' => '1', 'latitude' => '2'],
    'message_cashier' => ['text' => 'x', 'status' => 'created'], 'invoice_paid' => ['text' => 'x', 'service' => 's', 'iconUrl' => 'https://example.com/i.png'],
    'call_in' => ['uniq' => 'u', 'duration' => 5, 'source' => 's', 'link' => 'https://example.com', 'phone' => '+79000000001', 'callResult' => 'r', 'callStatus' => 4],
    'call_out' => ['uniq' => 'v', 'duration' => 5, 'source' => 's', 'link' => 'https://example.com', 'phone' => '+79000000001', 'callResult' => 'r', 'callStatus' => 4],
];
foreach ($ones as $kind => $entity) {
    $notes = $crm->notes($kind);
    foreach ($params as $type => $param) {
        $word = str_replace('_', '', ucwords($type, '_'));
        $note = model("AmoCRM\\Models\\NoteType\\{$word}Note", ['entityId' => $entity->getId()] + $param);
        $one = attempt("notes $kind.addOne $type", fn() => $notes->addOne($note));
        if ($one) {
            $key = [AmoCRM\EntitiesServices\Interfaces\HasParentEntity::ID_KEY => $one->getId(), AmoCRM\EntitiesServices\Interfaces\HasParentEntity::PARENT_ID_KEY => $entity->getId()];
            $read = attempt("notes $kind.getOne $type", fn() => $notes->getOne($key));
            if ($read) {
                attempt("notes $kind.updateOne $type", fn() => $notes->updateOne($read));
                attempt("notes $kind.syncOne $type", fn() => $notes->syncOne($one));
            }
        }
    }
    $list = attempt("notes $kind.get", fn() => $notes->get());
    attempt("notes $kind.getByParentId", fn() => $notes->getByParentId($entity->getId()));
    attempt("notes $kind.get by types", fn() => $notes->get((new F\NotesFilter())->setNoteTypes(['common', 'call_in'])));
    if ($list) {
        attempt("notes $kind.update as read", fn() => $notes->update($list));
        attempt("notes $kind.pin", fn() => $notes->pin($list->first()));
        attempt("notes $kind.unpin", fn() => $notes->unpin($list->first()));
    }
    $ofKind = $crm->tags($kind);
    attempt("tags $kind.addOne", fn() => $ofKind->addOne(model(M\TagModel::class, ['name' => "тег $kind"])));
    attempt("tags $kind.add", fn() => $ofKind->add($tags("a $kind", "b $kind")));
    attempt("tags $kind.get", fn() => $ofKind->get());
    attempt("tags $kind.get by query", fn() => $ofKind->get(model(F\TagsFilter::class, ['query' => 'a'])));
}
$task = drive('tasks', $crm->tasks(), fn($n) => model(M\TaskModel::class, [
    'text' => "Задача $n", 'completeTill' => 1900000000, 'entityId' => $lead->getId(), 'entityType' => 'leads', 'taskTypeId' => 1, 'duration' => 60,
]));
listed('tasks', $crm->tasks(), [
    'by type' => model(F\TasksFilter::class, ['taskTypeId' => 1]), 'by entity' => model(F\TasksFilter::class, ['entityIds' => [$lead->getId()], 'entityType' => 'leads']),
    'by responsible' => model(F\TasksFilter::class, ['responsibleUserId' => $job['user_id']]), 'open' => model(F\TasksFilter::class, ['isCompleted' => false]),
]);
attempt('tasks.complete', fn() => $crm->tasks()->updateOne(model(M\TaskModel::class, ['id' => $task->getId(), 'isCompleted' => true, 'result' => 'Готово'])));

// ---- directories

$rights = fn() => model(M\Rights\RightModel::class, [
    'leadsRights' => ['add' => 'A', 'view' => 'A', 'edit' => 'A', 'delete' => 'D', 'export' => 'D'],
    'contactsRights' => ['add' => 'A', 'view' => 'A', 'edit' => 'A', 'delete' => 'D', 'export' => 'D'],
    'companiesRights' => ['add' => 'A', 'view' => 'A', 'edit' => 'A', 'delete' => 'D', 'export' => 'D'],
    'tasksRights' => ['edit' => 'A', 'delete' => 'D'], 'mailAccess' => false, 'catalogAccess' => true,
]);
drive('roles', $crm->roles(), fn($n) => model(M\RoleModel::class, ['name' => "Роль $n", 'rights' => $rights()]));
drive('users', $crm->users(), fn($n) => model(M\UserModel::class, [
    'name' => "Сотрудник $n", 'email' => "u$n@example.com", 'password' => 'Secret1!', 'lang' => 'ru', 'rights' => $rights(),
]));
$users = attempt('users.get for deactivate', fn() => $crm->users()->get());
if ($users) {
    $last = (new C\UsersCollection())->add($users->last());
    attempt('users.deactivate', fn() => $crm->users()->deactivate($last));
    attempt('users.activate', fn() => $crm->users()->activate($last));
}
$stages = fn() => (new C\Leads\Pipelines\Statuses\StatusesCollection())->add(model(M\Leads\Pipelines\Statuses\StatusModel::class, ['name' => 'Этап', 'sort' => 20, 'color' => '#fffeb2']));
$pipeline = drive('pipelines', $crm->pipelines(), fn($n) => model(M\Leads\Pipelines\PipelineModel::class, [
    'name' => "Воронка $n", 'sort' => 30 + $n, 'isMain' => false, 'isUnsortedOn' => true, 'statuses' => $stages(),
]));
drive('statuses', $crm->statuses($pipeline->getId()), fn($n) => model(M\Leads\Pipelines\Statuses\StatusModel::class, ['name' => "Этап $n", 'sort' => 40 + $n, 'color' => '#fffeb2']));
drive('lossReasons', $crm->lossReasons(), fn($n) => model(M\Leads\LossReasons\LossReasonModel::class, ['name' => "Причина $n", 'sort' => $n + 1]));
attempt('customers.setMode periodicity', fn() => $crm->customers()->setMode('periodicity'));
drive('customersStatuses', $crm->customersStatuses(), fn($n) => model(M\Customers\Statuses\StatusModel::class, ['name' => "Статус $n", 'sort' => 50 + $n, 'color' => '#fffeb2']));
attempt('customers.setMode segments', fn() => $crm->customers()->setMode('segments'));
drive('segments', $crm->customersSegments(), fn($n) => model(M\Customers\Segments\SegmentModel::class, ['name' => "Сегмент $n", 'color' => 'ff5376']));
drive('sources', $crm->sources(), fn($n) => model(M\SourceModel::class, ['name' => "Источник $n", 'externalId' => "ext-$n", 'pipelineId' => $pipeline->getId()]));

// ---- customers

attempt('bonusPoints.earnPoints', fn() => $crm->customersBonusPoints()->earnPoints(new M\Customers\BonusPointsActionModel($customer->getId(), 10)));
attempt('bonusPoints.redeemPoints', fn() => $crm->customersBonusPoints()->redeemPoints(new M\Customers\BonusPointsActionModel($customer->getId(), 4)));
$purchases = $crm->transactions()->setCustomerId($customer->getId());
drive('transactions', $purchases, fn($n) => model(M\Customers\Transactions\TransactionModel::class, [
    'price' => 100 + $n, 'comment' => "Покупка $n", 'customerId' => $customer->getId(), 'completedAt' => 1700000000,
]));

// ---- calls, incoming leads, events, webhooks, widgets

attempt('calls.addOne', fn() => $crm->calls()->addOne(model(M\CallModel::class, [
    'phone' => $job['phone'], 'direction' => 'inbound', 'uniq' => 'c-1', 'duration' => 10, 'source' => 's', 'link' => 'https://example.com/1.mp3', 'callResult' => 'r', 'callStatus' => 4,
])));
$sip = function ($n) {
    $metadata = model(M\Unsorted\SipMetadata::class, ['serviceCode' => 's', 'link' => 'https://example.com', 'duration' => 5, 'calledAt' => 1700000000, 'phone' => '135', 'from' => '+79000000001', 'uniq' => "s-$n", 'isCallEventNeeded' => true]);
    return model(M\Unsorted\SipUnsortedModel::class, ['sourceName' => 'n', 'sourceUid' => "u-$n", 'createdAt' => time(), 'metadata' => $metadata, 'lead' => model(M\LeadModel::class, ['name' => 'Звонок']), 'contacts' => (new C\ContactsCollection())->add(model(M\ContactModel::class, ['name' => 'Кто-то']))]);
};
$form = function ($n) {
    $metadata = model(M\Unsorted\FormsMetadata::class, ['formId' => 'f', 'formName' => 'n', 'formPage' => 'p', 'formSentAt' => 1700000000, 'referer' => 'r', 'ip' => '1.1.1.1']);
    return model(M\Unsorted\FormUnsortedModel::class, ['sourceName' => 'n', 'sourceUid' => "f-$n", 'createdAt' => time(), 'metadata' => $metadata, 'lead' => model(M\LeadModel::class, ['name' => 'Форма']), 'contacts' => (new C\ContactsCollection())->add(model(M\ContactModel::class, ['name' => 'Кто-то']))]);
};
$unsorted = $crm->unsorted();
attempt('unsorted.addOne sip', fn() => $unsorted->addOne($sip(0)));
attempt('unsorted.add sip', fn() => $unsorted->add((new C\Leads\Unsorted\SipUnsortedCollection())->add($sip(1))->add($sip(2))));
attempt('unsorted.addOne form', fn() => $unsorted->addOne($form(0)));
attempt('unsorted.add form', fn() => $unsorted->add((new C\Leads\Unsorted\FormsUnsortedCollection())->add($form(1))->add($form(2))));
$waiting = attempt('unsorted.get', fn() => $unsorted->get());
attempt('unsorted.get ordered', fn() => $unsorted->get((new F\UnsortedFilter())->setCategory(['forms', 'sip'])->setOrder('created_at', 'desc')));
attempt('unsorted.summary', fn() => $unsorted->summary((new F\UnsortedSummaryFilter())->setCreatedAt($range())));
if ($waiting) {
    attempt('unsorted.getOne', fn() => $unsorted->getOne($waiting->first()->getUid()));
    $forms = attempt('unsorted.get forms', fn() => $unsorted->get((new F\UnsortedFilter())->setCategory(['forms'])));
    attempt('unsorted.accept', fn() => $unsorted->accept($forms->first()));
    attempt('unsorted.decline', fn() => $unsorted->decline($forms->last()));
    $chats = attempt('unsorted.get chats', fn() => $unsorted->get((new F\UnsortedFilter())->setCategory(['chats'])));
    if ($chats) {
        attempt('unsorted.link', fn() => $unsorted->link($chats->first(), ['link' => ['entity_type' => 'leads', 'entity_id' => $lead->getId()]]));
    }
}
attempt('events.get', fn() => $crm->events()->get());
attempt('events.get with', fn() => $crm->events()->get(null, M\EventModel::getAvailableWith()));
attempt('events.get by types', fn() => $crm->events()->get((new F\EventsFilter())->setTypes(['lead_added'])->setLimit(5)));
attempt('events.get by entity', fn() => $crm->events()->get((new F\EventsFilter())->setEntity(['lead'])->setEntityIds([$lead->getId()])));
$events = attempt('events.get one page', fn() => $crm->events()->get((new F\EventsFilter())->setLimit(1)));
if ($events) {
    attempt('events.getOne', fn() => $crm->events()->getOne($events->first()->getId()));
    attempt('events.nextPage', fn() => $crm->events()->nextPage($events));
}
$hook = model(M\WebhookModel::class, ['destination' => 'https://example.com/hook', 'settings' => ['add_lead']]);
attempt('webhooks.subscribe', fn() => $crm->webhooks()->subscribe($hook));
attempt('webhooks.get', fn() => $crm->webhooks()->get());
attempt('webhooks.get by destination', fn() => $crm->webhooks()->get((new F\WebhooksFilter())->setDestination('https://example.com/hook')));
attempt('webhooks.unsubscribe', fn() => $crm->webhooks()->unsubscribe($hook));
attempt('widgets.get', fn() => $crm->widgets()->get());
$widget = attempt('widgets.getOne', fn() => $crm->widgets()->getOne('sandbox_widget'));
if ($widget) {
    attempt('widgets.install', fn() => $crm->widgets()->install($widget->setSettings(['api_key' => 'k'])));
    attempt('widgets.uninstall', fn() => $crm->widgets()->uninstall($widget));
}
attempt('shortLinks.addOne', fn() => $crm->shortLinks()->addOne(model(M\ShortLinks\ShortLinkModel::class, ['url' => 'https://example.com', 'entityType' => 'contacts', 'entityId' => $contact->getId()])));

// ---- chats

attempt('talks.getOne', fn() => $crm->talks()->getOne($job['talk_id']));
attempt('talks.close', fn() => $crm->talks()->close(new M\Talks\TalkCloseActionModel($job['talk_id'], true)));
attempt('contacts.linkChats', fn() => $crm->contacts()->linkChats((new C\ChatLinksCollection())->add(model(M\ChatLinkModel::class, ['contactId' => $contact->getId(), 'chatId' => $job['chat_id']]))));
attempt('contacts.getChats', fn() => $crm->contacts()->getChats(model(F\ChatLinksFilter::class, ['contactId' => $contact->getId()])));
$templates = $crm->chatTemplates();
$template = drive('chatTemplates', $templates, fn($n) => model(M\Chats\Templates\TemplateModel::class, ['name' => "Шаблон $n", 'content' => 'x', 'externalId' => "t-$n", 'isEditable' => true]));
$waba = attempt('chatTemplates.addOne waba', fn() => $templates->addOne(model(M\Chats\Templates\TemplateModel::class, ['name' => 'waba', 'content' => 'x', 'externalId' => 'w', 'type' => 'waba', 'isEditable' => true, 'wabaCategory' => 'UTILITY', 'wabaLanguage' => 'ru'])));
if ($waba) {
    $reviews = attempt('chatTemplates.sendOnReview', fn() => $templates->sendOnReview($waba));
    if ($reviews) {
        attempt('chatTemplates.updateReviewStatus', fn() => $templates->updateReviewStatus($waba, $reviews->first()->setStatus('approved')));
    }
}
attempt('entitySubscriptions.getByParentId', fn() => $crm->entitySubscriptions('leads')->getByParentId($job['subscribed']));
$buttons = $crm->websiteButtons();
$button = attempt('websiteButtons.createAsync', fn() => $buttons->createAsync(new M\Sources\WebsiteButtonCreateRequestModel($pipeline->getId(), ['example.com'])));
if ($button) {
    attempt('websiteButtons.updateAsync', fn() => $buttons->updateAsync(new M\Sources\WebsiteButtonUpdateRequestModel(['example.org'], $button->getSourceId())));
    attempt('websiteButtons.addOnlineChatAsync', fn() => $buttons->addOnlineChatAsync($button->getSourceId()));
    attempt('websiteButtons.get', fn() => $buttons->get());
    attempt('websiteButtons.getOne with', fn() => $buttons->getOne($button->getSourceId(), M\Sources\WebsiteButtonModel::getAvailableWith()));
}

// ---- files

$path = tempnam(sys_get_temp_dir(), 'interop');
file_put_contents($path, str_repeat('x', 700000));
$files = $crm->files();
$file = attempt('files.uploadOne', fn() => $files->uploadOne(model(M\Files\FileUploadModel::class, ['name' => 'a.txt', 'localPath' => $path])));
$other = attempt('files.uploadOne preview', fn() => $files->uploadOne(model(M\Files\FileUploadModel::class, ['name' => 'b.txt', 'localPath' => $path, 'withPreview' => true])));
unlink($path);
attempt('files.get', fn() => $files->get());
attempt('files.get filtered', fn() => $files->get((new F\FilesFilter())->setExtensions(['txt'])->setLimit(1)));
if ($file) {
    $read = attempt('files.getOne', fn() => $files->getOne($file->getUuid()));
    attempt('files.syncOne', fn() => $files->syncOne($file));
    attempt('files.updateOne as read', fn() => $files->updateOne($read->setName('новое имя')));
    $link = (new C\FileLinksCollection())->add(model(M\FileLinkModel::class, ['fileUuid' => $file->getUuid()]));
    foreach ($ones as $kind => $entity) {
        $own = $crm->entityFiles($kind, $entity->getId());
        attempt("entityFiles $kind.add", fn() => $own->add($link));
        attempt("entityFiles $kind.get", fn() => $own->get());
        attempt("entityFiles $kind.delete", fn() => $own->delete($link));
    }
    if (isset($made['leads']['file'])) {
        $value = values([$made['leads']['file']->getId(), 'file', [['value' => ['file_uuid' => $file->getUuid(), 'version_uuid' => $file->getVersionUuid(), 'file_name' => 'a', 'file_size' => 5]]]]);
        attempt('leads.updateOne file', fn() => $crm->leads()->updateOne(model(M\LeadModel::class, ['id' => $lead->getId(), 'customFieldsValues' => $value])));
    }
    attempt('notes.addOne attachment', fn() => $crm->notes('leads')->addOne(model(M\NoteType\AttachmentNote::class, ['entityId' => $lead->getId(), 'fileName' => 'a.txt', 'versionUuid' => $file->getVersionUuid(), 'fileUuid' => $file->getUuid()])));
    attempt('files.deleteOne', fn() => $files->deleteOne($file));
    attempt('files.delete', fn() => $files->delete((new C\FilesCollection())->add($other)));
}

require __DIR__ . '/drive_php_lists.php';
