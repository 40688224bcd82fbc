"""The typed object of a webhook from the tree of its body."""
