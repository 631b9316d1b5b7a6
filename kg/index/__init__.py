"""The index of a store."""
