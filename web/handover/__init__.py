"""The brief of a handover: put together of what every package knows, said in words, exported."""
