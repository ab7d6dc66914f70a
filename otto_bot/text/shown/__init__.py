"""What GitHub's page shows of a text: Markdown is read by a parser, HTML as a browser reads it."""
