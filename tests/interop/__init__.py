"""Clients written by others, each doing three jobs against the sandbox: `python -m tests.interop.run --help`.

No test of `make test`: the clients are installed from the package indexes that pip and npm are configured for.
"""
