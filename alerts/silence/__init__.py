"""An area that falls silent: what should be heard of it is not heard any more."""
