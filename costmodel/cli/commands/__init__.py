"""One file per subcommand: it parses, calls one verb, and returns an exit code."""
