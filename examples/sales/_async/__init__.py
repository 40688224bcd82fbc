"""The job with the asynchronous client."""
