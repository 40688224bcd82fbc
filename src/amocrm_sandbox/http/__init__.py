"""The sandbox as an HTTP server, and as a transport of httpx."""
