"""What the fixed questions need, worked out from the graph and kept in a SQLite file beside it.

Who cites a regulation, which regulations several projects share, what names hold a word: SPARQL answers this from the
graph in seconds where there are ten million quads, and these tables in milliseconds. They hold nothing that the graph
does not say: :mod:`~kg.index.contents` reads what one document's graph gives, :mod:`~kg.index.writing` keeps it with
every change of the store, :mod:`~kg.index.summary` sums up a regulation in all documents, :mod:`~kg.index.asking`
answers as SPARQL does, and :mod:`~kg.index.checking` compares the file with the graph. Callers use :mod:`kg.answers`,
which asks the graph where there is no index.
"""
