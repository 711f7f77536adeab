"""Who may issue what and with whose sign-off, and whose messages from outside are acted on."""
