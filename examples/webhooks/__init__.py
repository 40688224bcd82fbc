"""Receiving webhooks in web frameworks: each file is a whole recipe. The tests run all of them."""
