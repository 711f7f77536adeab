"""平安核查: everybody in an area is asked whether they are safe; replies by page, short message and telephone."""
