// Leads the vendor's names to the sandbox, for `node --require`: node 20 has no proxy setting for fetch().
// SANDBOX_TLS is host:port of the sandbox's TLS address. The name stays in SNI, in the Host header and in the check
// of the certificate, whose authority is given with NODE_EXTRA_CA_CERTS.
"use strict";
const tls = require("node:tls");

const [host, port] = process.env.SANDBOX_TLS.split(":");
const connect = tls.connect;

tls.connect = (...args) => {
  const [options, ...rest] = args;
  const name = options?.servername ?? options?.host ?? "";
  const ours = /\.(amocrm\.ru|kommo\.com|amocrm\.com)$/.test(name);
  return ours ? connect({ ...options, servername: name, host, port: Number(port) }, ...rest) : connect(...args);
};
