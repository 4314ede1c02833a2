"""What the code says of every function: which there are, what each reaches, refuses and moves.

Read from functions, layer and migrations, so that documents and rules cannot lag behind. It stands
on `local.services` for the migrations and on `local.host`; nothing runs here.
"""
