"""What happens when something is killed: bounded in count and time."""
