"""Tests of the composer and its synthesiser."""
