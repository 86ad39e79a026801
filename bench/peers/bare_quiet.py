"""The same ceiling where Daphne builds no log lines either, as in the site."""

from bare import application as application
from realtime.autobahn_log import write_no_colours

write_no_colours()
