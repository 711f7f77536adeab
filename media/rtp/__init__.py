"""RTP and RTCP on the wire: parsing and building, without state, clock or IO."""
