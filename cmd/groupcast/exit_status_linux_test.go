package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// come is a way to an exit status.
type come struct {
	of       string // command, as in endings
	want     int
	host     string
	line     string // what is run
	input    string // its standard input, which ends after it; "": it does not end
	terminal bool   // its files are a terminal
	ready    string // what it prints before the signal or the key
	signal   syscall.Signal
	key      string
}

// comes has a way to each status of each command. A has the article's pitfall, B
// nothing; from A come ticks, B echoes, and every other request to port 5001 is
// dropped. All run at once: a group in which nothing is to be is one line's own.
var comes = []come{
	{of: "chat", want: exitOK, host: "B", line: "groupcast -i eth0 239.3.3.5:1995", input: "hello\n"},
	{of: "chat", want: exitOK, host: "B", line: "groupcast", terminal: true, ready: "sends leave here", key: "\x03"},
	{of: "chat", want: exitNot, host: "B", line: "groupcast -i eth9", input: "hello\n"},
	{of: "chat", want: exitDoubt, host: "A", line: "groupcast", input: "hello\n"},
	{of: "chat", want: exitDoubt, host: "B", line: "bash -c", input: withoutRoom("yes hello | head -50 | groupcast -i eth0", "239.3.3.3:1996")},
	{of: "chat", want: exitInterrupted, host: "B", line: "groupcast -i eth0", ready: "joined", signal: syscall.SIGINT},
	{of: "chat", want: exitInterrupted, host: "B", line: "groupcast", terminal: true, ready: "sends leave here", signal: syscall.SIGTERM},

	{of: "listen", want: exitOK, host: "B", line: "groupcast listen -i eth0 -c 1 239.1.1.1"},
	{of: "listen", want: exitOK, host: "B", line: "groupcast listen -i eth0 -t 0.5 239.1.1.1 239.9.9.10"},
	{of: "listen", want: exitOK, host: "B", line: "groupcast listen -i eth0 239.1.1.1", ready: "tick", signal: syscall.SIGINT},
	{of: "listen", want: exitNot, host: "B", line: "groupcast listen -i eth0 -t 0.05 239.9.9.11"},
	{of: "listen", want: exitNot, host: "B", line: "groupcast listen -i eth0 239.9.9.12", ready: "joined", signal: syscall.SIGTERM},
	{of: "listen", want: exitNot, host: "B", line: "groupcast listen -i eth0 -c 1000000 -t 0.05 239.1.1.1"},
	{of: "listen", want: exitDoubt, host: "B", line: "bash -c", input: withoutRoom("groupcast listen -i eth0 -c 20", "239.1.1.1")},
	{of: "listen", want: exitInterrupted, host: "B", line: "groupcast listen -i eth0 -c 1000000 239.1.1.1", ready: "tick", signal: syscall.SIGINT},
	{of: "listen", want: exitClosed, host: "B", line: "bash -c", input: "groupcast listen -i eth0 239.1.1.1 | head -1 >/dev/null; exit ${PIPESTATUS[0]}"},

	{of: "watch", want: exitOK, host: "B", line: "groupcast watch -i eth0 -t 0.5 239.1.1.1"},
	{of: "watch", want: exitOK, host: "B", line: "groupcast watch -i eth0 239.1.1.1", ready: "heard", signal: syscall.SIGINT},
	{of: "watch", want: exitOK, host: "B", line: "groupcast watch -i eth0 --join-only 239.9.9.13", ready: "joined", signal: syscall.SIGTERM},
	{of: "watch", want: exitNot, host: "B", line: "groupcast watch -i eth0 -t 0.5 --max-gap 1ms 239.1.1.1 239.9.9.14"},
	{of: "watch", want: exitDoubt, host: "B", line: "groupcast watch -i eth0 --max-gap 1ms 239.1.1.1", ready: "silent since", signal: syscall.SIGTERM},

	{of: "open", want: exitOK, host: "B", line: "groupcast open testdata/talk.pcapng"},
	{of: "open", want: exitOK, host: "B", line: "groupcast open testdata/talk.pcapng", terminal: true, ready: "datagrams", key: "q"},
	{of: "open", want: exitNot, host: "B", line: "groupcast open /dev/null"},
	{of: "open", want: exitNot, host: "B", line: "groupcast open testdata/talk.pcapng 239.250.0.1"},
	{of: "open", want: exitDoubt, host: "B", line: "bash -c", input: "head -c -20 testdata/talk.pcapng | groupcast open -"},
	{of: "open", want: exitInterrupted, host: "B", line: "bash -c", input: "exec groupcast open - < <(cat testdata/talk.pcapng; exec tail -f --pid=$$ /dev/null 2>/dev/null)", ready: "ttl", signal: syscall.SIGINT},
	{of: "open", want: exitInterrupted, host: "B", line: "groupcast open testdata/talk.pcapng", terminal: true, ready: "datagrams", signal: syscall.SIGTERM},

	{of: "send", want: exitOK, host: "B", line: "groupcast send -i eth0 239.2.2.2 x"},
	{of: "send", want: exitOK, host: "B", line: "groupcast send -i eth0 --trace --rate 0.01 239.2.2.2", ready: "sendmmsg", signal: syscall.SIGINT},
	{of: "send", want: exitInterrupted, host: "B", line: "groupcast send -i eth0 --trace --rate 0.01 -c 5 239.2.2.2", ready: "sendmmsg", signal: syscall.SIGTERM},
	{of: "send", want: exitNot, host: "B", line: "groupcast send -i eth0 239.2.2.2", input: strings.Repeat("x", 65508)},
	{of: "send", want: exitDoubt, host: "A", line: "groupcast send 239.2.2.2 x"},
	{of: "send", want: exitDoubt, host: "B", line: "groupcast send -i eth0 239.2.2.2", input: "x\n" + strings.Repeat("x", 65508)},
	{of: "send", want: exitDoubt, host: "B", line: "bash -c", input: withoutRoom("groupcast send -i eth0 -c 20", "239.2.2.2 x")},
	{of: "send", want: exitInterrupted, host: "B", line: "groupcast send --trace -i eth0 239.2.2.2", ready: "socket", signal: syscall.SIGINT},
	{of: "send", want: exitInterrupted, host: "B", line: "groupcast send --json --interval 1h -c 2 -i eth0 239.2.2.2 x", ready: `"sent"`, signal: syscall.SIGTERM},

	{of: "replay", want: exitOK, host: "B", line: "sh -c", input: "exec groupcast replay -i eth0 \"$XDG_RUNTIME_DIR/talk.pcap\" 239.2.2.2"},
	{of: "replay", want: exitNot, host: "B", line: "groupcast replay -i eth0 /dev/null 239.2.2.2"},
	{of: "replay", want: exitDoubt, host: "A", line: "groupcast replay --only 239.1.2.3:5000 ../../mcast/record/testdata/talk.pcapng 239.2.2.2"},
	{of: "replay", want: exitInterrupted, host: "B", line: "groupcast replay -i eth0 --speed 0.0001 --only 239.1.2.3:5000 ../../mcast/record/testdata/talk.pcapng 239.2.2.2", ready: "replaying", signal: syscall.SIGINT},

	{of: "who", want: exitOK, host: "B", line: "groupcast who -i eth0 -t 0.5 239.1.1.1"},
	{of: "who", want: exitNot, host: "B", line: "groupcast who -i eth0 -t 0.05 239.9.9.15"},
	{of: "who", want: exitDoubt, host: "A", line: "bash -c", input: "groupcast who -i eth0 -t 1m 239.4.4.4 >/dev/null 2>&1 & groupcast who -t 3 239.4.4.4; status=$?; kill $!; exit $status"},
	{of: "who", want: exitInterrupted, host: "B", line: "groupcast who -i eth0 -t 1m --trace 239.9.9.16", ready: "socket", signal: syscall.SIGINT},

	{of: "mesh", want: exitOK, host: "B", line: "bash -c", input: "groupcast mesh -i eth0 -t 1 --wait-for 2 --name two 239.4.4.5 >/dev/null 2>&1 & groupcast mesh -i eth0 -t 1 --wait-for 2 239.4.4.5; status=$?; wait; exit $status"},
	{of: "mesh", want: exitNot, host: "B", line: "groupcast mesh -i eth0 -t 0.05 239.9.9.25"},
	{of: "mesh", want: exitNot, host: "B", line: "groupcast mesh -i eth0 --wait-for 2 239.9.9.26", ready: "waiting for", signal: syscall.SIGINT},
	{of: "mesh", want: exitDoubt, host: "B", line: "bash -c", input: `groupcast mesh -i eth0 --name two 239.4.4.6 >/dev/null 2>&1 & two=$!; exec 3< <(exec groupcast mesh -i eth0 --json --every 1 239.4.4.6); one=$!; ` +
		`grep -qm1 '"well":2' <&3; kill -9 $two; grep -qm1 '"silent":1' <&3; kill $one; cat <&3 >/dev/null; wait $one`},

	{of: "interfaces", want: exitOK, host: "B", line: "groupcast interfaces"},
	{of: "interfaces", want: exitNot, host: "B", line: "groupcast interfaces -i eth9"},
	{of: "interfaces", want: exitDoubt, host: "A", line: "groupcast interfaces"},

	{of: "echo", want: exitOK, host: "B", line: "groupcast echo -t 0.05 127.0.0.1:0"},
	{of: "echo", want: exitOK, host: "B", line: "groupcast echo 127.0.0.1:0", ready: "echoing", signal: syscall.SIGTERM},
	{of: "echo", want: exitDoubt, host: "B", line: "bash -c", input: `said="$XDG_RUNTIME_DIR/echo.said"; ` + withoutRoom("groupcast echo", `127.0.0.1:5003 2>"$said" & until grep -q echoing "$said"; do sleep 0.05; done; `+
		"groupcast ping -q -c 9 --interval 10ms 127.0.0.1:5003; kill $!; wait $!")},
	{of: "echo", want: exitNot, host: "B", line: "groupcast echo 203.0.113.9:7"},

	{of: "ping", want: exitOK, host: "A", line: "groupcast ping -i eth0 -c 1 -W 20 239.1.2.3:5000"},
	{of: "ping", want: exitOK, host: "A", line: "groupcast ping -i eth0 239.1.2.3:5000", ready: "seq=1", signal: syscall.SIGINT},
	{of: "ping", want: exitNot, host: "A", line: "groupcast ping -i eth0 -c 1 -W 0.05 239.9.9.17"},
	{of: "ping", want: exitNot, host: "A", line: "groupcast ping --message x -W 1h -t 0.05 192.168.8.226:5002"},
	{of: "ping", want: exitDoubt, host: "A", line: "groupcast ping -i eth0 -c 4 --interval 10ms -W 3 239.1.2.3:5001"},
	{of: "ping", want: exitDoubt, host: "A", line: "bash -c", input: withoutRoom("groupcast ping -i eth0 -c 8 --interval 10ms -W 20", "239.1.2.3:5000")},
	{of: "ping", want: exitInterrupted, host: "A", line: "groupcast ping -i eth0 -W 1h 239.9.9.18", ready: "pinging", signal: syscall.SIGINT},
	{of: "ping", want: exitInterrupted, host: "A", line: "groupcast ping --message x -W 1h 192.168.8.226:5002", ready: "packet-written", signal: syscall.SIGINT},

	{of: "probe", want: exitOK, host: "A", line: "groupcast probe 192.168.8.226:5000"},
	{of: "probe", want: exitOK, host: "A", line: "groupcast probe --follow 192.168.8.226:5000", ready: "answered", signal: syscall.SIGTERM},
	{of: "probe", want: exitNot, host: "A", line: "groupcast probe 192.168.8.226:9"},
	{of: "probe", want: exitDoubt, host: "A", line: "groupcast probe 192.168.8.226:9,5000"},
	{of: "probe", want: exitInterrupted, host: "A", line: "groupcast probe --trace -W 1h 192.168.8.99:9", ready: "sendmsg", signal: syscall.SIGINT},

	{of: "bridge", want: exitOK, host: "A", line: "groupcast bridge --rate 0 -i eth0 -i eth1 239.1.1.1", ready: "carried between", signal: syscall.SIGTERM},
	{of: "bridge", want: exitNot, host: "A", line: "groupcast bridge -i eth0 -i eth9 239.9.9.22"},
	{of: "bridge", want: exitNot, host: "A", line: "groupcast bridge -i eth0 -i eth1 -t 0.05 239.9.9.23"},
	{of: "bridge", want: exitDoubt, host: "A", line: "groupcast bridge -v --max-size 1 -i eth0 -i eth1 239.1.1.1", ready: "over --max-size", signal: syscall.SIGINT},
	{of: "bridge", want: exitInterrupted, host: "A", line: "groupcast bridge --hub nats://127.0.0.1:4 --site room-1 -i eth0 239.9.9.24", ready: "is not reached", signal: syscall.SIGINT},
	{of: "bridge status", want: exitNot, host: "A", line: "groupcast bridge status --hub nats://127.0.0.1:4 --site room-1 -W 0.05"},
	{of: "bridge status", want: exitInterrupted, host: "A", line: "groupcast bridge status --hub nats://127.0.0.1:4 --site room-1 -W 1h", ready: "is not reached yet", signal: syscall.SIGINT},
	{of: "hub", want: exitOK, host: "computer", line: "sh -c", input: `mkdir "$XDG_RUNTIME_DIR/bin" && printf '#!/bin/sh\n' >"$XDG_RUNTIME_DIR/bin/groupcast-hub" && chmod 755 "$XDG_RUNTIME_DIR/bin/groupcast-hub" && PATH="$XDG_RUNTIME_DIR/bin:$PATH" exec groupcast hub --site x`},
	{of: "hub", want: exitNot, host: "computer", line: "groupcast hub --site x"},

	{of: "igmp", want: exitOK, host: "B", line: "groupcast igmp --proc --once"},
	{of: "igmp", want: exitOK, host: "B", line: "groupcast igmp", terminal: true, ready: "Members", key: "q"},
	{of: "igmp", want: exitNot, host: "B", line: "groupcast igmp -t 0.05 239.9.9.19"},
	{of: "igmp", want: exitNot, host: "B", line: "groupcast igmp --until member-left:239.9.9.20 -t 0.05"},
	{of: "igmp", want: exitDoubt, host: "B", line: "unshare --user groupcast igmp --once"},
	{of: "kernel", want: exitOK, host: "B", line: "groupcast kernel send --recorded 239.1.2.3:5000"},
	{of: "kernel", want: exitNot, host: "B", line: "unshare --user groupcast kernel send -i eth0 239.1.2.3:5000"},

	{of: "igmp", want: exitInterrupted, host: "B", line: "groupcast igmp --until group-first:239.9.9.21", ready: "watching", signal: syscall.SIGINT},

	{of: "record", want: exitOK, host: "B", line: "sh -c", input: "groupcast record -i eth0 -c 1 - 239.1.1.1:1234 >/dev/null"},
	{of: "record", want: exitNot, host: "B", line: "groupcast record /dev/null/talk.pcapng"},
	{of: "record", want: exitDoubt, host: "B", line: "sh -c", input: "groupcast send -i eth0 -c 100000 --interval 2ms --size 1400 239.1.1.77:1 >/dev/null 2>&1 & " +
		"groupcast record -i eth0 --max 64KiB - 239.1.1.77 >/dev/null; status=$?; kill $!; exit $status"},
	{of: "record", want: exitInterrupted, host: "B", line: "sh -c", input: "exec groupcast record -i eth0 -c 1000000 - 239.1.1.1 >/dev/null", ready: "recording", signal: syscall.SIGINT},

	{of: "doctor", want: exitOK, host: "B", line: "groupcast doctor -i eth0 239.2.2.2:2999"},
	{of: "doctor", want: exitNot, host: "B", line: "groupcast doctor -i eth9 239.2.2.2"},
	{of: "doctor", want: exitDoubt, host: "A", line: "groupcast doctor"},
	{of: "doctor", want: exitDoubt, host: "A", line: "groupcast doctor --watch 1h", ready: "looking for", signal: syscall.SIGINT},
	{of: "doctor", want: exitDoubt, host: "B", line: "bash -c", input: withoutRoom("groupcast doctor --probe -i eth0", "239.4.4.4:1997")},
	{of: "doctor", want: exitInterrupted, host: "B", line: "groupcast doctor --probe --watch 1h -i eth0 239.2.2.2:1998", ready: "looking for", signal: syscall.SIGINT},

	{of: "explain", want: exitOK, host: "B", line: "groupcast explain no-route"},
	{of: "explain", want: exitInterrupted, host: "B", line: "groupcast explain --symptom", terminal: true, ready: "Which one?", signal: syscall.SIGINT},

	{of: "completion", want: exitOK, host: "B", line: "groupcast completion bash"},
	{of: "keygen", want: exitOK, host: "computer", line: "groupcast keygen"},
	{of: "keygen", want: exitNot, host: "computer", line: "groupcast keygen exit_status.go"},
	{of: "version", want: exitOK, host: "B", line: "groupcast version"},
	{of: "man", want: exitOK, host: "computer", line: "sh -c", input: "exec groupcast man \"$XDG_RUNTIME_DIR/pages\""},
	{of: "man", want: exitNot, host: "B", line: "groupcast man /dev/null"},

	{of: "lab", want: exitOK, host: "computer", line: "groupcast lab", terminal: true, ready: "B: ", key: "\x03"},
	{of: "lab", want: exitNot, host: "computer", line: "groupcast lab"},
	{of: "lab", want: exitInterrupted, host: "computer", line: "groupcast lab", terminal: true, ready: "B: ", signal: syscall.SIGTERM},

	{of: "lab list", want: exitOK, host: "computer", line: "groupcast lab list"},

	{of: "lab up", want: exitOK, host: "computer", line: "sh -c", input: downOnceUp("own") + "; wait $!"},
	{of: "lab up", want: exitNot, host: "computer", line: "groupcast lab up article"},
	{of: "lab up", want: exitDoubt, host: "computer", line: "sh -c", input: "export GROUPCAST_LAB_UP_RECORD=/dev/null; " + downOnceUp("fourth") + "; wait $!"},
	{of: "lab up", want: exitInterrupted, host: "computer", line: "groupcast lab up --name another article", ready: "ready", signal: syscall.SIGINT},

	{of: "lab enter", want: exitOK, host: "computer", line: "groupcast lab enter article A true"},
	{of: "lab enter", want: 9, host: "computer", line: "groupcast lab enter article A sh -c", input: "exit 9"},
	{of: "lab enter", want: 128 + 9, host: "computer", line: "groupcast lab enter article A sh -c", input: "kill -9 $$"},
	{of: "lab enter", want: exitNot, host: "computer", line: "groupcast lab enter article Z true"},
	{of: "lab enter", want: exitInterrupted, host: "computer", line: "groupcast lab enter article A sh -c", input: "echo $((6*7)); exec sleep 1000", terminal: true, ready: "42", signal: syscall.SIGTERM},

	{of: "lab each", want: exitOK, host: "computer", line: "groupcast lab each article true"},
	{of: "lab each", want: exitNot, host: "computer", line: "groupcast lab each article false"},
	{of: "lab each", want: exitDoubt, host: "computer", line: "groupcast lab each article sh -c", input: "[ $(hostname) = A ]"},
	{of: "lab each", want: exitInterrupted, host: "computer", line: "groupcast lab each article sh -c", input: "echo $((6*7)); exec sleep 1000", ready: "42", signal: syscall.SIGINT},

	{of: "lab fault", want: exitOK, host: "computer", line: "groupcast lab fault article cut A.eth1"},
	{of: "lab fault", want: exitNot, host: "computer", line: "groupcast lab fault article cut Z.eth1"},

	{of: "lab down", want: exitOK, host: "computer", line: "sh -c", input: downOnceUp("third")},
	{of: "lab down", want: exitNot, host: "computer", line: "groupcast lab down nothing"},

	{of: "lab exercise", want: exitOK, host: "computer", line: "groupcast lab exercise"},
	{of: "lab exercise", want: exitNot, host: "computer", line: "groupcast lab exercise --name article firewall-in"},
	{of: "lab exercise", want: exitDoubt, host: "computer", line: "groupcast lab exercise --name left firewall-in", ready: "ready", signal: syscall.SIGINT},
	{of: "lab check", want: exitOK, host: "computer", line: "sh -c", input: inExercise("cured", "groupcast lab enter cured B nft flush ruleset && groupcast lab check cured")},
	{of: "lab check", want: exitNot, host: "computer", line: "groupcast lab check article"},
	{of: "lab check", want: exitDoubt, host: "computer", line: "sh -c", input: inExercise("wrong", "groupcast lab check wrong")},
	{of: "lab hint", want: exitOK, host: "computer", line: "sh -c", input: inExercise("hinted", "groupcast lab hint hinted")},
	{of: "lab hint", want: exitNot, host: "computer", line: "groupcast lab hint nothing"},
	{of: "lab reset", want: exitOK, host: "computer", line: "sh -c", input: inExercise("anew", "groupcast lab reset anew")},
	{of: "lab reset", want: exitNot, host: "computer", line: "groupcast lab reset nothing"},
	{of: "lab report", want: exitOK, host: "computer", line: "sh -c", input: inExercise("told", "groupcast lab report")},
	{of: "lab course", want: exitOK, host: "computer", line: "groupcast lab course 90-minutes"},
	{of: "lab worksheet", want: exitOK, host: "computer", line: "groupcast lab worksheet article"},
	{of: "lab worksheet", want: exitNot, host: "computer", line: "groupcast lab worksheet ./nothing.txt"},
	{of: "lab report", want: exitNot, host: "computer", line: "groupcast lab report nothing"},

	{of: "class", want: exitOK, host: "computer", line: "sh -c", input: inClass("over", "groupcast class down over; wait $!; exit")},
	{of: "class", want: exitNot, host: "computer", line: "unshare --user --map-root-user unshare --user --map-root-user groupcast class"},
	{of: "class", want: exitInterrupted, host: "computer", line: "groupcast class --as-root --seats 1 --listen 127.0.0.1:0 --name signalled", ready: "students", signal: syscall.SIGTERM},
	{of: "class status", want: exitOK, host: "computer", line: "sh -c", input: inClass("shown", "groupcast class status shown")},
	{of: "class status", want: exitNot, host: "computer", line: "groupcast class status nothing"},
	{of: "class reset", want: exitOK, host: "computer", line: "sh -c", input: inClass("fresh", "groupcast class reset h1 fresh")},
	{of: "class reset", want: exitNot, host: "computer", line: "sh -c", input: inClass("small", "groupcast class reset H2 small")},
	{of: "class key", want: exitOK, host: "computer", line: "sh -c", input: inClass("taught", "groupcast class key taught")},
	{of: "class key", want: exitNot, host: "computer", line: "groupcast class key nothing"},
	{of: "class fault", want: exitOK, host: "computer", line: "sh -c", input: inClass("faulty", "groupcast class fault --name faulty cut H1.eth0")},
	{of: "class fault", want: exitNot, host: "computer", line: "groupcast class fault --name nothing cut H1.eth0"},
	{of: "class undo", want: exitOK, host: "computer", line: "sh -c", input: inClass("undone", "groupcast class fault --name undone cut H1.eth0; groupcast class undo --name undone 1")},
	{of: "class undo", want: exitNot, host: "computer", line: "sh -c", input: inClass("whole", "groupcast class undo --name whole")},
	{of: "class free", want: exitOK, host: "computer", line: "sh -c", input: inClass("free", "groupcast class free h1 free")},
	{of: "class free", want: exitNot, host: "computer", line: "groupcast class free H1 nothing"},
	{of: "class results", want: exitNot, host: "computer", line: "groupcast class results nothing"},
	{of: "class lock", want: exitOK, host: "computer", line: "sh -c", input: inClass("locked", "groupcast class lock locked")},
	{of: "class lock", want: exitNot, host: "computer", line: "groupcast class lock article"},
	{of: "class unlock", want: exitOK, host: "computer", line: "sh -c", input: inClass("unlocked", "groupcast class unlock unlocked")},
	{of: "class unlock", want: exitNot, host: "computer", line: "groupcast class unlock nothing"},
	{of: "class down", want: exitOK, host: "computer", line: "sh -c", input: inClass("ended", "groupcast class down ended")},
	{of: "class down", want: exitNot, host: "computer", line: "groupcast class down article"},

	{of: "lab run", want: exitOK, host: "computer", line: "groupcast lab run refused"},
	{of: "lab run", want: exitNot, host: "computer", line: "unshare --user --map-root-user sh -c", input: "echo 0 >/proc/sys/user/max_user_namespaces && exec groupcast lab run refused"},
	{of: "lab run", want: exitDoubt, host: "computer", line: "groupcast lab run --record /dev/null refused"},
	{of: "lab run", want: exitInterrupted, host: "computer", line: "groupcast lab run --step article", ready: "(enter:", signal: syscall.SIGINT},
}

// withoutRoom is a shell's line that runs a command with a recording that there is no
// room for: of 1 KiB.
func withoutRoom(command, args string) string {
	name := strings.ReplaceAll(strings.Fields(args)[0], ":", "-")
	return `ulimit -f 1; ` + command + ` --record "$XDG_RUNTIME_DIR/` + name + `.pcapng" ` + args
}

// downOnceUp is a shell's line that brings a lab up, and down once it is there. What
// it waits by costs next to nothing: a loop of groupcast lab down would take the machine.
func downOnceUp(name string) string {
	said := `"$XDG_RUNTIME_DIR/` + name + `.said"`
	return "groupcast lab up --name " + name + " article >" + said + " & until grep -q ready " + said + "; do sleep 0.05; done; groupcast lab down " + name
}

// inExercise is a shell's line that runs another while an exercise runs, and ends with
// its status.
func inExercise(name, line string) string {
	said := `"$XDG_RUNTIME_DIR/` + name + `.said"`
	return "groupcast lab exercise --name " + name + " firewall-in >" + said + " & until grep -q ready " + said + "; do sleep 0.05; done; " + line +
		"; status=$?; groupcast lab down " + name + "; exit $status"
}

// inClass is a shell's line that runs another while a class of one seat runs, and ends
// with its status.
func inClass(name, line string) string {
	said := `"$XDG_RUNTIME_DIR/` + name + `.said"`
	return "groupcast class --as-root --seats 1 --listen 127.0.0.1:0 --name " + name + " >" + said + " & until grep -q students " + said + "; do sleep 0.05; done; " + line +
		"; status=$?; groupcast class down " + name + "; exit $status"
}

// Each status of each command happens.
func TestExitStatusesHappen(t *testing.T) {
	t.Parallel()
	l := labtest.Build(t, lab.Article)
	a, b := l.Host("A"), l.Host("B")
	hosts := map[string]*lab.Node{"A": a, "B": b, "computer": labtest.Build(t, lab.Topology{Hosts: []lab.Host{{Name: "computer"}}}).Host("computer")}
	dir := t.TempDir()
	place := "XDG_RUNTIME_DIR=" + dir
	capturedIn(t, filepath.Join(dir, "talk.pcap"), linkRaw, says(0, "one"), says(5, "two"))

	labtest.Talker(t, a, labtest.Group("239.1.1.1:1234"), "tick")
	labtest.Echo(t, b, labtest.Group("239.1.2.3:5000"))
	labtest.Echo(t, b, labtest.Group("239.1.2.3:5001"))
	nft(t, b, "input", "udp dport 5001 numgen inc mod 2 0 drop", "udp dport 5002 drop")
	up := start(t, hosts["computer"], "env", place, "groupcast", "lab", "up", "article")
	up.prints("ready")

	together(t, comes, func(c come) string { return c.of + " " + c.line }, func(t *testing.T, c come) {
		if got, said := c.happens(t, hosts[c.host], place); got != c.want {
			t.Errorf("exit status %d, want %d:\n%s", got, c.want, said)
		}
	})
	for path, list := range endings {
		for _, e := range list {
			happens := slices.ContainsFunc(comes, func(c come) bool { return c.of == path && c.want == e.status })
			if happens == (e.untested != "") {
				t.Errorf("%s: status %d happens: %v, and what is said of it: %q", path, e.status, happens, e.untested)
			}
		}
	}
	for _, c := range comes {
		if c.want <= exitDoubt && !slices.ContainsFunc(endings[c.of], func(e ending) bool { return e.status == c.want }) {
			t.Errorf("%s: status %d is not in its table", c.of, c.want)
		}
	}
}

// happens runs it to its end, and returns the status and what it printed.
func (c come) happens(t *testing.T, host *lab.Node, place string) (int, string) {
	if args, ok := strings.CutPrefix(c.line, "groupcast "); ok && !strings.HasPrefix(args, "lab ") && c.input+c.ready == "" {
		p := do(t, host, strings.Fields(args)...)
		return p.status(), p.out.String() + p.err.String()
	}
	words := append([]string{"env", place}, strings.Fields(c.line)...)
	if strings.HasSuffix(c.line, " -c") { // of a shell
		words = append(words, c.input)
	}
	if c.terminal {
		s := openTerminal(t, host, 100, 30, nil, words...)
		s.shows(c.ready)
		s.keys(c.key)
		c.send(t, s.cmd)
		return exitCode(t, s.wait()), s.text()
	}
	p := start(t, host, words[0], words[1:]...)
	switch {
	case c.ready != "":
		p.saysAnywhere(c.ready)
		c.send(t, p.cmd)
	case c.input != "":
		p.say(strings.TrimSuffix(c.input, "\n"))
		p.in.Close()
	}
	return p.status(), p.out.String() + p.err.String()
}

func (c come) send(t *testing.T, cmd *lab.Cmd) {
	if c.signal == 0 {
		return
	}
	if err := cmd.Signal(c.signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Error(err)
	}
}

// saysAnywhere waits until it has printed text, on standard output or on standard
// error.
func (p *program) saysAnywhere(text string) {
	p.t.Helper()
	said := make(chan bool, 2)
	for _, stream := range []*printed{&p.out, &p.err} {
		go func() { said <- stream.await(text) }()
	}
	found := <-said
	if !found {
		found = <-said // of the other
	}
	if !found {
		p.t.Fatalf("%s did not print %q, but:\n%s%s", p.name, text, p.out.String(), p.err.String())
	}
}
