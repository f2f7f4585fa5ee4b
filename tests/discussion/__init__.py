"""Tests of conversations: the tree, what goes in and out, the store, talking."""
