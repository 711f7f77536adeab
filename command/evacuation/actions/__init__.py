"""What people do about an evacuation: keep its lists, open it, report on households, permit the return, close it."""
