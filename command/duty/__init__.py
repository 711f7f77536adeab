"""Who is on duty, and the handover to the next one (docs/adr/duty.md)."""
