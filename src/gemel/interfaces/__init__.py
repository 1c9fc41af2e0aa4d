"""Bytes to our types and back."""
