#!/bin/sh
# Before a package is removed, its service ends: a hub whose program is gone would listen on. An upgrade lets it run.
set -e
case $1 in
  remove | 0) ;; # .deb, .rpm
  *) exit 0 ;;
esac
[ -z "${DPKG_ROOT:-}" ] && [ -d /run/systemd/system ] || exit 0
systemctl --quiet disable --now UNIT || :
