"""转移避险台账: households at hazard points, from the order to move until somebody permits their return."""
