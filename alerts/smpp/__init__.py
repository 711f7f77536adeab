"""SMPP 3.4 (Short Message Peer to Peer, issue 1.2): packets and texts as values, and one bind to a message centre."""
