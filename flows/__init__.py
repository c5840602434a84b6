"""The line of steps, the jobs that run it and the command line."""
