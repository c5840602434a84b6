"""The watcher: sees films in an inbox, waits until they hold still, makes them jobs, says where all stand."""
