"""What is done with safety checks."""
