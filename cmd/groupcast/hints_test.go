package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/record"
	"github.com/groupcast/groupcast/mcast/session"
)

// What a session refuses comes with what to do about it.
func TestHints(t *testing.T) {
	op := func(op string, err error) error {
		return &mcast.OpError{Op: op, Target: "224.0.0.114:1234", Interface: "eth0", Err: err}
	}
	for _, c := range []struct {
		err  error
		says string
	}{
		{op("block", mcast.ErrNotJoined), "/join GROUP"},
		{op("block", mcast.ErrBlocked), "already"},
		{op("unblock", mcast.ErrNotBlocked), "it was not blocked"},
		{op("block", session.ErrOneSource), "hear every source first"},
		{op("block", session.ErrNoUnicast), "192.168.8.226"},
		{op("join", mcast.ErrMixedModes), "leave the group"},
		{op("join", mcast.ErrTooManySources), "igmp_max_msf"},
		{op("join", host.ErrNoInterface), "groupcast interfaces"},
		{op("join", host.ErrInterfaceDown), "ip link set"},
		{op("join", host.ErrNoAddress), "ip addr add"},
		{op("join", host.ErrNothingUsable), "ip link set lo up"},
		{op("send", syscall.EPERM), "nft list ruleset"},
		{op("listen", syscall.EACCES), "setcap cap_net_bind_service"},
		{op("send", syscall.EACCES), "prohibit route"},
		{&net.OpError{Op: "listen", Err: os.NewSyscallError("bind", syscall.EACCES)}, "privileged port"},
		{&fs.PathError{Op: "open", Path: "/root/a b", Err: syscall.EACCES}, "ls -ld '/root/a b' /root"},
		{fmt.Errorf("--passphrase-file /root/x: %w", syscall.EACCES), ""},
		{op("send", syscall.ENETUNREACH), "is it up, with an address?"},
		{&mcast.OpError{Op: "send", Err: syscall.ENETUNREACH}, "-i NAME"},
		{&mcast.OpError{Op: "send", Target: "[ff02::114]:1234", Interface: "lo", Err: syscall.ENETUNREACH}, "IPv4 group works there"},
		{&mcast.Advised{Err: errors.New("made up"), Advice: "do \x1b[7mthis"}, "do ␛[7mthis"},
		{fmt.Errorf("recording stopped: %w", record.ErrLimit), "--rotate 256MiB --keep 16"},
		{fmt.Errorf("recording stopped: %w", record.ErrStuck), "--record FILE"},
		{fmt.Errorf("recording stopped: %w", syscall.ENOSPC), "df -h"},
		{unwritten(syscall.ENOSPC), "make room where standard output goes"},
		{unwritten(syscall.EIO), ""},
		{record.ErrNoDatagram, "tcpdump and Wireshark show what else the file has"},
		{fmt.Errorf("recording stopped: %w", syscall.EFBIG), "ulimit -f"},
		{op("leave", mcast.ErrNotJoined), ""},
		{errors.New("made up"), ""},
	} {
		if got := hint(c.err); !strings.Contains(got, c.says) || c.says == "" && got != "" {
			t.Errorf("%v: the hint is %q, want %q in it", c.err, got, c.says)
		}
	}
}

// A port that is shared with one user's programs is not said to be shared with
// nobody.
func TestWhyTaken(t *testing.T) {
	s := host.Socket{UID: 1000}
	if own, other := whyTaken(s, 1000), whyTaken(s, 0); own != notShared || !strings.Contains(other, "with programs of user 1000 alone (SO_REUSEPORT)") {
		t.Errorf("of the own user: %s; of another: %s", own, other)
	}
}

// A hint names the commands of a talk only to who can type them there.
func TestHintsOfTheTalk(t *testing.T) {
	const inTalk, anywhere = "send and join by eth0: -i eth0, or /interface eth0", "send and join by eth0: -i eth0"
	f := doctor.Finding{Name: "wrong-egress", Verdict: doctor.Warning, Hints: []string{inTalk}}
	l := chat.Line{Kind: chat.Problem, Text: chat.SanitizeString("sends go nowhere"), Hint: chat.SanitizeString(inTalk)}
	for _, person := range []bool{false, true} {
		var out bytes.Buffer
		p := &linePrinter{out: &out, errs: &out, person: person}
		p.findings([]doctor.Finding{f})
		p.line(l)
		want := map[bool]string{false: anywhere, true: inTalk}[person]
		if n := strings.Count(out.String(), "  hint: "+want+"\n"); n != 2 {
			t.Errorf("a person %v: want the hint %q twice:\n%s", person, want, out.String())
		}
		out.Reset()
		p.json = true
		p.batch(session.Batch{Lines: []chat.Line{l}})
		var o jsonLine
		if err := json.Unmarshal(out.Bytes(), &o); err != nil || o.Hint != want {
			t.Errorf("a person %v: the object's hint is %q, want %q (%v)", person, o.Hint, want, err)
		}
	}
	if f.Hints[0] != inTalk {
		t.Error("the finding itself was changed")
	}
	var out bytes.Buffer
	report{findings: []doctor.Finding{f}, quiet: true, strong: func(s string) string { return s }}.write(&out)
	writeJSON(&out, objectOf(f))
	complain(&out, &mcast.OpError{Op: "send", Err: syscall.ENETUNREACH})
	if strings.Contains(out.String(), "/interface") || !strings.Contains(out.String(), "-i NAME; groupcast interfaces lists them") {
		t.Errorf("a command of the talk, where none can be typed:\n%s", out.String())
	}
	talkWord := regexp.MustCompile(`[ (]/[a-z]+([ ,;.)]|$)`)
	for _, h := range hints {
		if got := doctor.CommandHint(h.advice); talkWord.MatchString(got) {
			t.Errorf("%v: %q names what cannot be typed", h.is, got)
		}
	}
}
