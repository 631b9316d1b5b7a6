"""What workers need, loaded once in the process that they are forked from."""

import gc

import kg.server.worker  # noqa: F401 - this is what loads it

gc.freeze()  # so that no worker's collector touches, and thereby copies, what they share
