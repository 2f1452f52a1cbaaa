#!/bin/sh
# meet.sh GROUP[:PORT] INTERFACE [SECONDS]: who is in a group? Waits for one datagram, sends three, pings the group,
# and probes three ports of whoever was heard. It reads objects and exit statuses alone: docs/exit-status.md. It needs jq.
set -u
group=$1 by=$2

if ! heard=$(groupcast listen --json -i "$by" -c 1 -t "${3:-5}" "$group"); then
  echo "$heard" | jq -r 'select(.type == "silent") | "nobody is heard in \(.group)"'
  exit 1 # what else went wrong, groupcast has said
fi
datagram=$(echo "$heard" | jq -c 'select(.type == "datagram")')
host=$(echo "$datagram" | jq -r '.from | sub(":[0-9]+$"; "")')
echo "$datagram" | jq -r '"heard: \(.text | @json) by \(.interface), \(.size) bytes"'

sent=$(groupcast send --json -i "$by" -c 3 --interval 0.1 "$group" "hello")
[ $? -eq 1 ] && echo "nothing was sent" && exit 1
echo "$sent" | jq -rs 'map(select(.type == "sent")) | "sent: \(length) from \(.[0].source)"'

times=$(groupcast ping --json -i "$by" -c 3 --interval 0.1 "$group")
case $? in
  0) echo "ping: all were answered" ;;
  3) echo "ping: not all were answered" ;;
  *) echo "ping: nothing was answered" ;;
esac
echo "$times" | jq -r 'select(.type == "responder") | "  \(.from): \(.received) of \(.sent)"'

ports=$(groupcast probe --json -i "$by" -W 0.5 "$host:1-2,1234")
known=$?
echo "$ports" | jq -rs 'map(select(.type == "result")) | sort_by(.port)[] | "probe: \(.port) \(.verdict)"'
[ "$known" -ne 1 ] || exit 3 # no port answered
