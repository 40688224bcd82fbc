"""Chats and bots."""
