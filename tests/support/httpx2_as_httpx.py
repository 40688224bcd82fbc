"""A pytest plugin (``-p tests.support.httpx2_as_httpx``): ``import httpx`` finds httpx2, its continuation."""

from __future__ import annotations

import sys

import httpx2

if sys.modules.setdefault("httpx", httpx2) is not httpx2:
    raise RuntimeError("httpx was imported before: load this plugin with -p, so that it comes first")
