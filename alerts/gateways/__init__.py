"""Whether the ways out are there: what workers see of the gateways that they send by."""
