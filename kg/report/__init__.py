"""A reader's summary of one department or project: what it promised, what it rests on, what looks doubtful."""

from kg.report.content import Content, NotFound, gather

__all__ = ["Content", "NotFound", "gather"]
