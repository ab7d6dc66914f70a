"""Logs of jobs and of coders, of any size: kept in files, read by parts, shown by lines."""
