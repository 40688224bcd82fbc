<?php

// Stands in for the examples' own token_actions.php: the token comes from the environment and none is kept.

use League\OAuth2\Client\Token\AccessToken;

parse_str(getenv('INTEROP_QUERY') ?: '', $_GET);
session_start();
if (isset($_GET['state'])) {
    $_SESSION['oauth2state'] = $_GET['state'];
}
if (getenv('INTEROP_WIDGET_TOKEN')) {
    $_SERVER['HTTP_X_AUTH_TOKEN'] = getenv('INTEROP_WIDGET_TOKEN');
}

function saveToken($accessToken)
{
}

function getToken()
{
    return new AccessToken([
        'access_token' => getenv('INTEROP_TOKEN'),
        'refresh_token' => getenv('INTEROP_REFRESH_TOKEN'),
        'expires' => time() + 86400,
        'baseDomain' => 'demo.amocrm.ru',
    ]);
}
