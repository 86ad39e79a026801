"""Hides click from the Daphne peers: a site has it only if something else brings it.

Here uvicorn does. Where Autobahn finds click, it colours a log line for every frame it sends,
shown or not, and Daphne delivers half as much.
"""

raise ImportError("Hidden on purpose.")
