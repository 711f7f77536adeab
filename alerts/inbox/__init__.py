"""The messages that came in: looked up again, also those that could not be read, and told of where a station's was."""
