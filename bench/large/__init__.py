"""What a repository of 100,000 files costs: mirror, workspace, map, search, diff, status."""
