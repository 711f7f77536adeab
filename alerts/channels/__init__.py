"""The ways out of the house: one file per channel behind the port."""
