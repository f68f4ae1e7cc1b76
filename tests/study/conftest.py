"""A study file of two pictures."""

from tests.support.study_files import written

__all__ = ["written"]
