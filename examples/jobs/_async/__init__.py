"""The jobs with the asynchronous client."""
