"""``kg serve``: the SPARQL endpoint and the explorer in the browser.

The process that listens answers nothing from the graph itself: a query cannot be interrupted in the engine, so every
request that reads the graph runs in a worker process, which is killed and replaced when it exceeds its limits
(:mod:`kg.server.pool`). Every request is answered from the snapshot that is published when it arrives.
"""
