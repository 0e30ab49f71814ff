"""Exit statuses of the commands that work through a file, beside 0 and 1."""

SOMETHING_SET_ASIDE = 3
"""Exit status of a run that is complete, but could not use all of its input."""

INTERRUPTED = 130
"""Exit status after SIGINT or SIGTERM, as shells have it."""
