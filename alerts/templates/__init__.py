"""Templates of alerts: what is usually said of a hazard, in a colour, when it begins, changes or ends."""
