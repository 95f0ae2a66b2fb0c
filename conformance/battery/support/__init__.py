"""What cases are built from: helper activities and checks that are no cases."""
