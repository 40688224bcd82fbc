<?php

// Fields and elements of lists: every type that a list may have, invoices, products, and a chain of lists in leads.

use AmoCRM\Collections as C;
use AmoCRM\Filters as F;
use AmoCRM\Models as M;

$ofLists = array_diff_key($types, array_flip(['tracking_data', 'birthday', 'smart_address', 'legal_entity'])) + [
    'price' => 'Price', 'category' => 'Category', 'linked_entity' => 'LinkedEntity', 'payer' => 'Payer',
    'supplier' => 'Supplier', 'items' => 'Items',
];
$fieldsOfList = $crm->customFields("catalogs:{$catalog->getId()}");
$ofList = [];
foreach ($ofLists as $type => $word) {
    $field = model("AmoCRM\\Models\\CustomFields\\{$word}CustomFieldModel", ['name' => "Поле $type", 'sort' => 10]);
    if (in_array($type, ['select', 'multiselect', 'radiobutton'], true)) {
        $field->setEnums($enums());
    }
    if ($type === 'monetary') {
        $field->setCurrency('RUB');
    }
    if ($type === 'category') {
        $top = model(M\CustomFields\NestedModel::class, ['value' => 'Мебель', 'sort' => 1, 'requestId' => 'a']);
        $below = model(M\CustomFields\NestedModel::class, ['value' => 'Столы', 'sort' => 1, 'parentRequestId' => 'a']);
        $field->setNested((new C\CustomFields\CustomFieldNestedCollection())->add($top)->add($below));
    }
    if ($type === 'linked_entity') {
        $field->setSearchIn('contacts');
    }
    $one = attempt("fields catalogs.addOne $type", fn() => $fieldsOfList->addOne($field));
    if ($one) {
        $ofList[$type] = attempt("fields catalogs.getOne $type", fn() => $fieldsOfList->getOne($one->getId())) ?? $one;
        attempt("fields catalogs.updateOne $type", fn() => $fieldsOfList->updateOne($ofList[$type]));
    }
}
attempt('fields catalogs.get', fn() => $fieldsOfList->get());
drive(
    'groups catalogs',
    $crm->customFieldGroups("catalogs:{$catalog->getId()}"),
    fn($n) => model(M\CustomFieldGroupModel::class, ['name' => "Группа $n", 'sort' => 5 + $n])
);
$item = ['sku' => 's', 'description' => 'Стол', 'unit_price' => 100, 'quantity' => 2, 'unit_type' => 'шт', 'discount' => ['type' => 'percentage', 'value' => 5], 'vat_rate_id' => 0, 'external_uid' => 'u'];
$payer = ['name' => 'Анна', 'entity_id' => $contact->getId(), 'entity_type' => 'contacts'];
$listValues = $valued + [
    'price' => [['value' => '100']], 'category' => [['value' => 'Столы']], 'items' => [['value' => $item]],
    'linked_entity' => [['value' => ['entity_id' => $contact->getId(), 'entity_type' => 'contacts', 'name' => null, 'catalog_id' => null]]],
    'payer' => [['value' => $payer]],
];
foreach ($ofList as $type => $field) {
    if (!isset($listValues[$type])) {
        continue;
    }
    $made = attempt("elements.addOne with $type", fn() => $elements->addOne(model(M\CatalogElementModel::class, ['name' => $type, 'customFieldsValues' => valuesOf([$type => $field], $listValues)])));
    if ($made) {
        $read = attempt("elements.getOne with $type", fn() => $elements->getOne($made->getId()));
        attempt("elements.updateOne with $type as read", fn() => $elements->updateOne($read));
        attempt("elements.update with $type as read", fn() => $elements->update(collection($elements, $read)));
    }
}

// ---- invoices and products

$catalogs = $crm->catalogs();
$invoices = attempt('catalogs.addOne invoices', fn() => $catalogs->addOne(model(M\CatalogModel::class, ['name' => 'Счета', 'catalogType' => 'invoices', 'canBeDeleted' => false])));
foreach (['invoices', 'products', 'suppliers', 'regular'] as $type) {
    attempt("catalogs.get $type", fn() => $catalogs->get((new F\CatalogsFilter())->setType($type)));
}
if ($invoices) {
    $bills = $crm->catalogElements($invoices->getId());
    $fieldsOfBills = attempt('fields invoices.get', fn() => $crm->customFields("catalogs:{$invoices->getId()}")->get());
    $codes = [];
    foreach ($fieldsOfBills ?? [] as $field) {
        $codes[$field->getCode()] = $field;
    }
    $suppliers = $crm->catalogElements($catalogs->get((new F\CatalogsFilter())->setType('suppliers'))->first()->getId());
    $supplier = attempt('suppliers.addOne', fn() => $suppliers->addOne(model(M\CatalogElementModel::class, ['name' => 'ООО'])));
    $parts = [
        ['BILL_STATUS', 'select', [['enum_code' => 'created']]], ['BILL_COMMENT', 'text', [['value' => 'x']]],
        ['PAYER', 'payer', [['value' => $payer]]], ['ITEMS', 'items', [['value' => $item]]],
        ['LEGAL_ENTITY', 'legal_entity', [['value' => ['name' => 'ООО', 'entity_type' => 1, 'vat_id' => '1']]]],
        ['SUPPLIER', 'supplier', [['value' => ['entity_id' => $supplier ? $supplier->getId() : 0]]]],
        ['BILL_VAT_TYPE', 'select', [['enum_code' => 'vat_exempt']]], ['BILL_PAYMENT_DATE', 'date_time', [['value' => 1700000000]]],
        ['BILL_PRICE', 'numeric', [['value' => '200']]],
    ];
    $bill = model(M\CatalogElementModel::class, ['name' => 'Счёт', 'customFieldsValues' => values(...array_map(fn($part) => [$codes[$part[0]]->getId(), $part[1], $part[2]], $parts))]);
    $made = attempt('invoices.addOne', fn() => $bills->addOne($bill));
    if ($made) {
        $read = attempt('invoices.getOne with', fn() => $bills->getOne($made->getId(), M\CatalogElementModel::getAvailableWith()));
        attempt('invoices.get with', fn() => $bills->get(null, M\CatalogElementModel::getAvailableWith()));
        attempt('invoices.updateOne as read', fn() => $bills->updateOne($read));
        attempt('invoices.link', fn() => $crm->leads()->link($lead, (new C\LinksCollection())->add($read)));
    }
}

// ---- a chain of lists

$below = attempt('catalogs.addOne below', fn() => $catalogs->addOne(model(M\CatalogModel::class, ['name' => 'Ниже', 'canAddElements' => true, 'canLinkMultiple' => true])));
$chain = [['title' => 'Список', 'catalog_id' => $catalog->getId(), 'parent_catalog_id' => null], ['title' => 'Ниже', 'catalog_id' => $below->getId(), 'parent_catalog_id' => $catalog->getId()]];
$chained = new M\CustomFields\ChainedListCustomFieldModel();
$chained->setName('Цепочка')->setSort(10);
$chained->setChainedLists(M\CustomFields\ChainedLists::fromArray($chain));
$made = attempt('fields leads.addOne chained_list', fn() => $crm->customFields('leads')->addOne($chained));
if ($made) {
    attempt('fields leads.getOne chained_list', fn() => $crm->customFields('leads')->getOne($made->getId()));
    $value = values([$made->getId(), 'chained_list', [['catalog_id' => $catalog->getId(), 'catalog_element_id' => $element->getId()]]]);
    attempt('leads.updateOne chained_list', fn() => $crm->leads()->updateOne(model(M\LeadModel::class, ['id' => $lead->getId(), 'customFieldsValues' => $value])));
    $read = attempt('leads.getOne chained_list', fn() => $crm->leads()->getOne($lead->getId()));
    attempt('leads.updateOne chained_list as read', fn() => $crm->leads()->updateOne($read));
}

// ---- filters of what has no page of its own above

listed('events', $crm->events(), [
    'by time' => (new F\EventsFilter())->setCreatedAt([1, 1999999999]), 'by author' => (new F\EventsFilter())->setCreatedBy([$job['user_id']]),
    'by stage' => (new F\EventsFilter())->setTypes(['lead_status_changed'])->setValueAfter(['leads_statuses' => [['pipeline_id' => 1, 'status_id' => 142]]]),
]);
listed('notes leads', $crm->notes('leads'), [
    'by ids' => (new F\NotesFilter())->setIds([1, 2]), 'by time' => (new F\NotesFilter())->setUpdatedAt($range()),
    'by entities' => (new F\NotesFilter())->setEntityIds([$lead->getId()]), 'ordered' => (new F\NotesFilter())->setOrder('updated_at', 'desc'),
]);
listed('unsorted', $unsorted, [
    'by uids' => (new F\UnsortedFilter())->setUids(['a', 'b']), 'by pipeline' => (new F\UnsortedFilter())->setPipelineId(1),
]);
listed('tasks', $crm->tasks(), [
    'by stages' => (new F\TasksFilter())->setLeadStatuses([['status_id' => 142, 'pipeline_id' => 1]]), 'by time' => (new F\TasksFilter())->setUpdatedAt(5),
]);
listed('files', $crm->files(), [
    'by name' => (new F\FilesFilter())->setName('a'), 'by text' => (new F\FilesFilter())->setTerm('a'), 'by uuids' => (new F\FilesFilter())->setUuid([$job['file_uuid']]),
    'by size' => (new F\FilesFilter())->setSize($range(), 1), 'by author' => (new F\FilesFilter())->setCreatedBy([$job['user_id']]), 'deleted' => (new F\FilesFilter())->setDeleted(true),
]);
listed('chatTemplates', $crm->chatTemplates(), ['by external ids' => (new F\Chats\TemplatesFilter())->setExternalIds(['t-0'])]);
attempt('links filtered', fn() => $crm->leads()->getLinks($lead, (new F\LinksFilter())->setToEntityType('contacts')->setToEntityId($contact->getId())));
