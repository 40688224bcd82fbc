"""OAuth tokens, their errors and the login redirect: pure decisions."""
