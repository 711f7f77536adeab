"""叫应: whoever answers for a village is called until they answer."""
