"""`make seed`: a believable world of any size in a Limelight database, the same for the same seed.

An area is a file of SQL in `sql/` and its line in `areas.AREAS`. All of them run in one
transaction, so that there is a whole world or none.
"""
