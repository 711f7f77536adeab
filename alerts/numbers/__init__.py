"""Which telephone numbers and addresses of those who hold posts are good: proven, bounced, or unknown for too long."""
