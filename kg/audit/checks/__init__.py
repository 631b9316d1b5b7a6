"""The rules, one file each; what a file holds is told in :mod:`kg.audit.rule`."""
