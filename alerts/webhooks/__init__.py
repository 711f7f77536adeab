"""Group robots and other systems that warnings are posted to."""
