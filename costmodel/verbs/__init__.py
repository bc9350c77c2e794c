"""The verbs: one file per subcommand, under the same word. Each joins rooms; none knows the command line."""
