"""Conversations: a tree of messages, what goes in and out of it, and where it is kept."""
