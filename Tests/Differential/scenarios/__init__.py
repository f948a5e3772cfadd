# SPDX-License-Identifier: Apache-2.0
"""The scenarios by theme; reading this reads them all."""

from . import (  # noqa: F401
    configuration, environment, events, facts, keys, lifecycle, listeners, logs, output, processes, rpc, shutdown,
    signals, sockets, start, status, stop, tail, usage,
)
