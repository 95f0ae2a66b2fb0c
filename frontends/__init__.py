"""What people use: the pytest plugin, and the ``threadspec`` command."""
