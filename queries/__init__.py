"""The catalogue: one SPARQL 1.1 query a file, whose header says what it asks, takes and answers.

How a header is written is told in :mod:`kg.catalog`; the expected answer over the sample records stands in
``tests/cases/queries/`` under the same name. Two habits keep answers right and quick on every engine:

* What documents share (a cited document, a metric, a project, a department) is described in the graph of each
  of them, and some engines answer a triple once for every graph that has it. So such facts are taken from what
  is a document's own (``jisu:citedNumber`` of a citation, ``jisu:metricName`` of an indicator), inside
  ``GRAPH``, or by a ``SELECT DISTINCT`` of one triple; what is counted is counted ``DISTINCT``.
* An ``OPTIONAL`` or a subquery is evaluated by itself: two patterns in it with no variable in common are a
  cross product.
"""
