package kernel

import (
	"bufio"
	"embed"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// recordings are traces of this package's own runs, as the kernel printed them:
// a test makes them with -update, as root.
//
//go:embed recorded/*.txt
var recordings embed.FS

// Recorded returns a path that was traced when this package was made, on the
// kernel that Path.Kernel names: of a send to a group with a member on the sending
// host and on another, behind a switch; or of a connect to a host. It says what
// such a kernel does, and nothing about this one or its network.
func Recorded(op Op, ipv6 bool) Path {
	name := "recorded/" + string(op) + "4.txt"
	if ipv6 {
		name = "recorded/" + string(op) + "6.txt"
	}
	text, err := recordings.ReadFile(name)
	if err != nil {
		panic(err) // a test reads them all
	}
	p, err := parseRecording(string(text))
	if err != nil {
		panic(err)
	}
	return p
}

// recording is a trace with a head that says what was traced. The kernel prints
// lines that begin with # as well.
func recording(p Path, text string) string {
	kernel, _, _ := strings.Cut(p.Kernel, "-")
	var b strings.Builder
	fmt.Fprintf(&b, "# kernel: %s\n# date: %s\n# call: %s\n# target: %s\n# size: %d\n", kernel, p.Date.Format(time.DateOnly), p.Op, p.Target, p.Size)
	if p.Source.IsValid() {
		fmt.Fprintf(&b, "# source: %s\n", p.Source)
	}
	if n, ok := errors.AsType[syscall.Errno](p.Err); ok {
		fmt.Fprintf(&b, "# errno: %d\n", int(n))
	}
	return b.String() + text
}

func parseRecording(text string) (Path, error) {
	trace, err := Parse(strings.NewReader(text))
	if err != nil {
		return Path{}, err
	}
	head := map[string]string{}
	for in := bufio.NewScanner(strings.NewReader(text)); in.Scan() && strings.HasPrefix(in.Text(), "#"); {
		if name, value, ok := strings.Cut(strings.TrimPrefix(in.Text(), "# "), ": "); ok && len(head) < 16 {
			head[name] = value
		}
	}
	target, err1 := netip.ParseAddrPort(head["target"])
	size, err2 := strconv.Atoi(head["size"])
	date, err3 := time.Parse(time.DateOnly, head["date"])
	if err := errors.Join(err1, err2, err3); err != nil {
		return Path{}, fmt.Errorf("kernel: recording: %w", err)
	}
	p := Follow(Op(head["call"]), target, size, trace.Events)
	p.Kernel, p.Date, p.Skipped, p.Overrun = printable(head["kernel"]), date, trace.Skipped, trace.Lost
	p.Source, _ = netip.ParseAddr(head["source"])
	if n, err := strconv.Atoi(head["errno"]); err == nil {
		p.returned(syscall.Errno(n))
	}
	return p, nil
}
