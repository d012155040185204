"""Cases: the specs that checks draw, one module a unit."""
