#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A service that does not stop when it is asked to: only SIGKILL ends it.
trap 'echo "SIGTERM received, and ignored"' TERM
echo "working, and staying"
while :; do
    sleep 1
done
