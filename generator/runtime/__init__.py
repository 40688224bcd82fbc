"""Runtime of the generated modules: facts, requests, answers, encoding, reading, errors.

Handwritten in ``generator/runtime`` and copied to ``amocrm_gen/_runtime``. It imports the standard library and
msgspec only, so no generated module imports an HTTP library.
"""
