<?php

// What the driver of the vendor's PHP library does with every service alike.

use AmoCRM\Collections as C;
use AmoCRM\Exceptions\NotAvailableForActionException;
use AmoCRM\Filters as F;
use AmoCRM\Models as M;
use AmoCRM\Models\CustomFieldsValues\Factories\CustomFieldValuesModelFactory;

/** Make one call; a method that the library itself refuses to offer is none. */
function attempt(string $name, callable $do)
{
    try {
        $result = $do();
        echo json_encode(['call' => $name, 'passed' => true]), "\n";
        return $result;
    } catch (NotAvailableForActionException $error) {
        return null;
    } catch (Throwable $error) {
        $said = get_class($error) . ': ' . $error->getMessage();
        if (method_exists($error, 'getLastRequestInfo')) {
            $last = $error->getLastRequestInfo();
            $said .= ' ' . json_encode(array_intersect_key($last, array_flip(
                ['last_http_method', 'last_method', 'last_query_params', 'last_body', 'last_response']
            )), JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES);
        } else {
            $said .= ' at ' . basename($error->getFile()) . ':' . $error->getLine();
        }
        echo json_encode(['call' => $name, 'passed' => false, 'said' => $said], JSON_UNESCAPED_UNICODE), "\n";
        return null;
    }
}

/** Make a model with what its setters take. */
function model(string $class, array $values)
{
    $model = new $class();
    foreach ($values as $name => $value) {
        $model->{'set' . ucfirst($name)}($value);
    }
    return $model;
}

function collection($service, ...$models)
{
    $property = new ReflectionProperty($service, 'collectionClass');
    $property->setAccessible(true);
    $class = $property->getValue($service);
    $all = new $class();
    foreach ($models as $one) {
        $all->add($one);
    }
    return $all;
}

/** Drive what every service has; returns the model that stays. */
function drive(string $name, $service, callable $make, array $filters = [], bool $keepsAll = false)
{
    $with = ($service::ITEM_CLASS)::getAvailableWith();
    $with = array_values(array_diff($with, ['only_deleted', 'deleted']));
    $one = attempt("$name.addOne", fn() => $service->addOne($make(0)));
    $more = attempt("$name.add", fn() => $service->add(collection($service, $make(1), $make(2))));
    $list = attempt("$name.get", fn() => $service->get());
    if ($with) {
        attempt("$name.get with", fn() => $service->get(null, $with));
    }
    foreach ($filters as $about => $filter) {
        attempt("$name.get $about", fn() => $service->get($filter));
    }
    if (method_exists($service, 'nextPage')) {
        $pages = attempt("$name.get pages", fn() => $service->get((new F\PagesFilter())->setLimit(1)));
        if ($pages && method_exists($pages, 'getNextPageLink') && $pages->getNextPageLink()) {
            $next = attempt("$name.nextPage", fn() => $service->nextPage($pages));
            if ($next && $next->getPrevPageLink()) {
                attempt("$name.prevPage", fn() => $service->prevPage($next));
            }
        }
    }
    if (!$one) {
        $one = $list ? $list->first() : null;
    }
    if ($one && method_exists($one, 'getId')) {
        $read = attempt("$name.getOne", fn() => $service->getOne($one->getId()));
        if ($with) {
            attempt("$name.getOne with", fn() => $service->getOne($one->getId(), $with));
        }
        attempt("$name.syncOne", fn() => $service->syncOne($one));
        if ($one instanceof M\Interfaces\HasIdInterface) {
            attempt("$name.updateOne as made", fn() => $service->updateOne($one));
        }
        if ($read && $read instanceof M\Interfaces\HasIdInterface) {
            attempt("$name.updateOne as read", fn() => $service->updateOne($read));
            $one = $read;
        }
    }
    $again = attempt("$name.get again", fn() => $service->get());
    if ($again) {
        attempt("$name.update as read", fn() => $service->update($again));
    }
    if (method_exists($service, 'deleteOne') && $more) {
        $gone = $more->first();
        $rest = $more->last();
        attempt("$name.deleteOne", fn() => $service->deleteOne($gone));
        attempt("$name.delete", fn() => $service->delete(collection($service, $rest)));
    }
    return $one;
}

function values(...$fields): C\CustomFieldsValuesCollection
{
    $all = new C\CustomFieldsValuesCollection();
    foreach ($fields as [$id, $type, $values]) {
        $all->add(CustomFieldValuesModelFactory::createModel(
            ['field_id' => $id, 'field_type' => $type, 'values' => $values, 'field_name' => '', 'field_code' => null]
        ));
    }
    return $all;
}

function valuesOf(array $fields, array $valued)
{
    $all = [];
    foreach ($fields as $type => $field) {
        if (isset($valued[$type])) {
            $all[] = [$field->getId(), $type, $valued[$type]];
        }
    }
    return values(...$all);
}

// A list without a hit is 204, which the library throws; it is an answer all the same.
function listed(string $name, $service, array $filters)
{
    foreach ($filters as $about => $filter) {
        attempt("$name.get $about", function () use ($service, $filter) {
            try {
                return $service->get($filter);
            } catch (AmoCRM\Exceptions\AmoCRMApiNoContentException $empty) {
                return null;
            }
        });
    }
}
