"""Real servers for the tests: each on a free loopback port and in a temporary folder, leaving nothing behind."""
