"""The same ceiling where Daphne builds no log lines either, as in the site."""

from bare import application as application
from realtime.autobahn_log import prepare_no_log_lines

prepare_no_log_lines()
