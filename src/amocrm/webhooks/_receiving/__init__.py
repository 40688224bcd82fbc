"""Admission, signatures, handlers and the inbox's entries and statements."""
