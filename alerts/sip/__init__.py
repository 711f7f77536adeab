"""As much of SIP as it takes to call a telephone: one outgoing call over UDP (RFC 3261), G.711 and telephone keys."""
