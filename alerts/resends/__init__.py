"""What is sent again by itself where nobody knows whether it arrived: the county's written policy."""
