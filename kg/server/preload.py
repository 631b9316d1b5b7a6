"""What workers need, loaded once in the process that they are forked from."""

import gc

from extract.words import terms
from kg.server.worker import die_with_parent

terms("")  # loads the dictionary of the segmenter
die_with_parent()  # and the workers with this process: they hold open what would tell it that the server is gone
gc.freeze()  # so that no worker's collector touches, and thereby copies, what they share
