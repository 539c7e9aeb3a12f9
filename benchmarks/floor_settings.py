"""Headway's own settings with one empty page: the floor of every page through the same middleware."""

from headway.config.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.floor_urls"
