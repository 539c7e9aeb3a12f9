"""A trial with simulated students: does a drafted week help, compared with other ways to spend the same minutes?"""
