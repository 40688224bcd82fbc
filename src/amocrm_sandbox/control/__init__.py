"""Control addresses and the page."""
