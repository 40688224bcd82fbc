// What the drivers in node share: the job, and a call that is counted.
"use strict";
const { readFileSync } = require("node:fs");

const job = JSON.parse(readFileSync(0, "utf8"));

// One call; what it throws is printed and does not end the driver. An empty list is 204, which some clients throw.
async function attempt(call, make, isEmptyFine = false) {
  try {
    const result = await make();
    console.log(JSON.stringify({ call, passed: true }));
    return result;
  } catch (error) {
    const empty = isEmptyFine && /no ?content|204/i.test(`${error?.name} ${error?.message} ${error?.constructor?.name}`);
    const answer = error?.response?.data ?? error?.data ?? error?.response ?? error?.body ?? error?.cause;
    const said = `${error?.name}: ${error?.message ?? error} ${answer === undefined ? "" : safe(answer)}`.replaceAll("\n", " ").slice(0, 1500);
    console.log(JSON.stringify(empty ? { call, passed: true } : { call, passed: false, said }));
    return undefined;
  }
}

function safe(value) {
  try {
    return JSON.stringify(value);
  } catch {
    return String(value);
  }
}

module.exports = { attempt, job };
