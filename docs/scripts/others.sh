#!/bin/sh
# others.sh: what other tools do with a group, tried on this computer: docs/comparison.md. It runs in a network of its own
# (unshare), where there is only lo, so that no datagram leaves the computer. As root; it takes half a minute. What is not
# installed is left out: iperf (version 2), iperf3, sockperf, socat, ssmping, nc, tcpdump, node, python3.
set -u
if [ "${1-}" != inside ]; then
  exec unshare -n "$0" inside
fi
ip link set lo up && ip route add 224.0.0.0/4 dev lo src 127.0.0.1 || exit 1
G=239.1.1.1

has() { command -v "$1" >/dev/null && printf '\n== %s\n' "$2"; }
# joined WORD: is the group, in the words of /proc/net/igmp or igmp6, joined by now?
joined() { sleep 0.5; if grep -qi "$1" /proc/net/igmp /proc/net/igmp6; then echo "  joined: yes"; else echo "  joined: no"; fi; }
last() { tail -n "$1" | sed 's/^/  /'; }

if has iperf "iperf 2: a group, and its loss"; then
  { timeout 4 iperf -s -u -B $G%lo -t 3 | grep -A1 Lost | last 2; } &
  joined 010101EF; timeout 3 iperf -c $G -u -t 1 -b 1m -T 1 >/dev/null; wait
  echo "iperf 2: one source of 232.1.1.1"; timeout 1 iperf -s -u -B 232.1.1.1%lo --ssm-host 127.0.0.1 >/dev/null &
  joined 010101E8; wait
  echo "iperf 2: ff15::1"; timeout 1 iperf -V -s -u -B ff15::1%lo >/dev/null &
  joined ff1500000000; wait
fi
if has iperf3 "iperf3: a group"; then
  timeout 2 iperf3 -s -1 >/dev/null &
  timeout 2 iperf3 -c $G -u -t 1 2>&1 | last 1; wait
fi
if has sockperf "sockperf: a group, and the round trip"; then
  timeout 6 sockperf server -i $G -p 5001 --mc-rx-if 127.0.0.1 >/dev/null &
  joined 010101EF; timeout 5 sockperf ping-pong -i $G -p 5001 --mc-tx-if 127.0.0.1 --mc-rx-if 127.0.0.1 -t 1 2>&1 | grep -E 'dropped|Summary' | last 2; wait
fi
if has socat "socat: a group"; then
  timeout 2 socat -d -d -u UDP4-RECV:5003,ip-add-membership=$G:lo - 2>&1 | grep 'received\|hello' | last 2 &
  joined 010101EF; echo hello | socat -u - UDP4-DATAGRAM:$G:5003,ip-multicast-if=127.0.0.1; wait
  echo "socat: one source of 232.1.1.1"; timeout 1 socat -u UDP4-RECV:5003,ip-add-source-membership=232.1.1.1:127.0.0.1:127.0.0.1 - 2>&1 | last 1
fi
if has ssmping "ssmping, asmping: both ways of a host, apart"; then
  timeout 9 ssmpingd >/dev/null 2>&1 &
  sleep 0.5; timeout 4 ssmping -c 3 127.0.0.1 | grep received | last 2; timeout 4 asmping -c 3 $G 127.0.0.1 | grep received | last 2; wait
fi
if has nc "nc -u -l GROUP"; then
  timeout 1 nc -n -u -l $G 5004 2>&1 &
  joined 010101EF; wait
fi
if has tcpdump "tcpdump: a group that nobody has joined, on lo"; then
  timeout 3 tcpdump -nli lo -c1 udp port 5005 2>/dev/null | last 1 &
  joined 010101EF; echo hello | socat -u - UDP4-DATAGRAM:$G:5005,ip-multicast-if=127.0.0.1; wait
fi
if has node "node: a group"; then
  timeout 2 node -e "const s = require('dgram').createSocket('udp4'); s.on('message', (m, from) => { console.log('  ' + m + ' from ' + from.address); s.close() }); s.bind(5006, () => s.addMembership('$G', '127.0.0.1'))" &
  joined 010101EF; node -e "const s = require('dgram').createSocket('udp4'); s.send('hello', 5006, '$G', () => s.close())"; wait
fi
