"""One module a page: functions from a connection and plain arguments to plain data for a template."""
