"""A device without a connection is one more system to exchange with: a pack goes out, what was done comes in."""
