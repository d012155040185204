"""Reports: views of a record."""
