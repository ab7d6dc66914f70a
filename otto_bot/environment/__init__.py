"""Where a host's settings come from: the process's environment, a `.env` file, files and folders of secrets."""
