"""What every generated module stands on: facts, requests, answers, encoding, reading, errors.

Handwritten in ``generator/runtime`` and copied to ``amocrm_gen/_runtime``; it imports the standard
library and msgspec only, so that no generated module brings an HTTP library with it.
"""
