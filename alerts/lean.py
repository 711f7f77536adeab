"""How a worker's process is started so that it stays small. Loads nothing."""

OPTIONS = ("-OO", "-X", "no_debug_ranges")
"""The interpreter's: documentation strings are a twentieth of what is loaded, and nobody reads them there; nor do log
files show the columns of an error."""
ENVIRONMENT = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
"""Many threads that each ask for little need no heap each, and what a chunk took goes back to the system."""
