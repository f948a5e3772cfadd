#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A plain service: it says that it is alive, for ever, and ends when it is told to.
beats=0
while :; do
    beats=$((beats + 1))
    echo "$(date '+%H:%M:%S') heartbeat $beats"
    sleep 2
done
