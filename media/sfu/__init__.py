"""The selective forwarding unit: pure. Packets in, packets out; `now` is seconds on a monotonic clock."""
