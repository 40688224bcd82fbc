"""Decisions, pure: nothing here waits, reads a clock, opens a file or a socket."""
