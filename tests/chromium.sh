#!/bin/sh
# Debian's Chromium, which leaves the processor to the servers when there is too little: those stand elsewhere in a county.
# Where the kernel shares by session, niceness says nothing outside of one's own.
echo 4 2>/dev/null >/proc/self/autogroup || true
# CHROMIUM may name another of its programs.
exec nice -n 4 "/usr/bin/${CHROMIUM:-chromium}" "$@"
