"""Nothing is written anywhere when a thread fails."""

from quality.oddities._base import own_copy

copy = own_copy(__name__)
copy.thread._report = lambda name: None
