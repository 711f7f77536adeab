"""The Common Alerting Protocol: reading, writing, and where a message applies."""
