"""Code that reads or writes the directory, the record, the log or the events of one run."""
