"""CMPP 2.0 and 3.0: China Mobile's protocol between a message centre and who sends by it."""
