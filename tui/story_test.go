package tui

import (
	"context"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/session"
)

// The story that the pictures tell: host A has the LAN on eth0 and another
// wire, with the default route, on eth1. B is on the LAN. A talks, B hears
// nothing, and yet A's own copy comes back.
var (
	clock  = time.Date(2026, 3, 14, 19, 52, 40, 0, time.UTC)
	group  = mcast.DefaultGroup
	hostB  = netip.MustParseAddrPort("192.168.8.226:1234")
	onEth0 = session.Egress{IfIndex: 2, Interface: "eth0", Source: netip.MustParseAddr("192.168.8.164"), Because: "you chose it"}
	onEth1 = session.Egress{IfIndex: 3, Interface: "eth1", Source: netip.MustParseAddr("169.254.167.41"), Because: "default route via 169.254.0.1"}

	wrongEgress = doctor.Finding{
		Name:     "wrong-egress",
		Verdict:  doctor.Warning,
		Title:    "sends leave by eth1 (169.254.167.41), the LAN is at eth0",
		Evidence: "the kernel chose it: default route via 169.254.0.1; others are heard by eth0 (datagrams: 3), nobody by eth1",
		Hints: []string{
			"send and join by eth0: -i eth0, or /interface eth0",
			"for every program of this host: ip route add 224.0.0.0/4 dev eth0",
		},
		Interface: "eth1",
		Fix:       &doctor.Fix{UseInterface: "eth0"},
	}
)

func text(s string) chat.Text { return chat.SanitizeString(s) }

func at(clockTime string) time.Time {
	t, err := time.Parse(time.TimeOnly, clockTime)
	if err != nil {
		panic(err)
	}
	return time.Date(2026, 3, 14, t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

func iface(index int, name string, prefixes ...string) session.Interface {
	i := session.Interface{Interface: host.Interface{
		Index: index, Name: name, MTU: 1500,
		Flags: net.FlagUp | net.FlagRunning | net.FlagMulticast,
	}}
	for _, p := range prefixes {
		i.Addrs = append(i.Addrs, netip.MustParsePrefix(p))
	}
	return i
}

// quiet is a group where a person types.
var quiet = []uint32{0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 1, 0}

func senderB(datagrams uint64, last string) chat.Sender {
	return chat.Sender{Addr: hostB.Addr(), Ports: []uint16{hostB.Port()}, Interface: "eth0", IfIndex: 2, Hops: 1, Datagrams: datagrams, Last: at(last), Rate: 0.4, History: quiet}
}

// before is what A's screen knows before the fix.
func before() session.Snapshot {
	lo := iface(1, "lo", "127.0.0.1/8")
	lo.Flags |= net.FlagLoopback
	eth0 := iface(2, "eth0", "192.168.8.164/24", "fe80::a8c1:1ff:fe00:1/64")
	eth1 := iface(3, "eth1", "169.254.167.41/16")
	for _, i := range []*session.Interface{&eth0, &eth1} {
		i.Joined, i.IGMP = true, 3
		i.Groups = []netip.Addr{netip.MustParseAddr("224.0.0.1"), group.Addr}
	}
	return session.Snapshot{
		Group:      group,
		Groups:     []mcast.Group{group},
		Interfaces: []session.Interface{lo, eth0, eth1},
		Sends:      onEth1,
		Kernel:     onEth1,
		Loopback:   true,
		Hops:       1,
		Findings:   []doctor.Finding{wrongEgress},
		Room: chat.Snapshot{
			SendersTotal: 1,
			Senders:      []chat.Sender{senderB(3, "19:52:38")},
			Groups:       []chat.Traffic{{Group: group.Addr, Datagrams: 3, Bytes: 81, Rate: 0.4, History: quiet}},
			Rate:         0.4,
			History:      quiet,
		},
	}
}

func beforeLines() []chat.Line {
	return []chat.Line{
		{ID: 1, At: at("19:52:03"), Kind: chat.Notice, Text: text("joined 224.0.0.114:1234 on eth0 and eth1")},
		{ID: 2, At: at("19:52:10"), Kind: chat.Heard, Text: text("hello, is anyone there?"), From: hostB, To: group.Addr, Interface: "eth0", IfIndex: 2, Hops: 1},
		{ID: 3, At: at("19:52:17"), Kind: chat.Own, Text: text("test"), Interface: "eth1", IfIndex: 3, Source: onEth1.Source, Copy: chat.CopyBack, After: 90 * time.Microsecond},
		{ID: 4, At: at("19:52:24"), Kind: chat.Own, Text: text("hello B"), Interface: "eth1", IfIndex: 3, Source: onEth1.Source, Copy: chat.CopyBack, After: 112 * time.Microsecond},
		{ID: 5, At: at("19:52:31"), Kind: chat.Heard, Text: text("nobody answers. I only see what I say myself"), From: hostB, To: group.Addr, Interface: "eth0", IfIndex: 2, Hops: 1},
		{ID: 6, At: at("19:52:38"), Kind: chat.Heard, Text: text("A, your turn"), From: hostB, To: group.Addr, Interface: "eth0", IfIndex: 2, Hops: 1},
	}
}

// beforeDatagrams are those of beforeLines: what was heard, what was sent, and
// its copies.
func beforeDatagrams() []session.Datagram {
	us := netip.AddrPortFrom(onEth1.Source, 45123)
	var list []session.Datagram
	for _, l := range beforeLines() {
		d := session.Datagram{
			At: l.At.Add(123456 * time.Microsecond), From: l.From, To: netip.AddrPortFrom(group.Addr, group.Port),
			Interface: l.Interface, IfIndex: l.IfIndex, Hops: 1, Data: []byte(l.Text.String()),
		}
		switch l.Kind {
		case chat.Heard:
			list = append(list, d)
		case chat.Own:
			d.From, d.Sent = us, true
			copied := d
			copied.Sent, copied.At, copied.Arrival = false, d.At.Add(l.After), chat.Arrival{OwnCopy: true}
			list = append(list, d, copied)
		}
	}
	return list
}

// beforeCalls are the calls that led there.
func beforeCalls() []mcast.Call {
	ms := func(clockTime string, ms int) time.Time {
		return at(clockTime).Add(time.Duration(ms) * time.Millisecond)
	}
	set := func(msec int, option string, args any) mcast.Call {
		return mcast.Call{At: ms("19:52:03", msec), Took: 3 * time.Microsecond, Name: "setsockopt", Option: option, Args: args}
	}
	return []mcast.Call{
		{At: ms("19:52:03", 1), Name: "socket", Args: "{AF_INET SOCK_DGRAM|SOCK_CLOEXEC|SOCK_NONBLOCK}"},
		{At: ms("19:52:03", 1), Name: "setsockopt", Option: "SO_BROADCAST", Args: 1, ByGo: true},
		set(1, "SO_REUSEADDR", 1),
		{At: ms("19:52:03", 1), Name: "bind", Args: "{0.0.0.0:1234}"},
		set(1, "IP_PKTINFO", 1),
		set(1, "SO_TIMESTAMPNS", 1),
		set(1, "SO_RCVBUF", 4194304),
		set(2, "MCAST_JOIN_GROUP", "{224.0.0.114 on eth0 (2)}"),
		set(2, "MCAST_JOIN_GROUP", "{224.0.0.114 on eth1 (3)}"),
		set(2, "IP_MULTICAST_TTL", 1),
		{At: ms("19:52:10", 123), Name: "recvmmsg", Args: "{from 192.168.8.226:1234 to 224.0.0.114 on eth0 (2) ttl 1}", Result: "23 bytes"},
		{At: ms("19:52:17", 123), Took: 48 * time.Microsecond, Name: "sendmsg", Args: "{4 bytes to 224.0.0.114:1234}", Result: "4 bytes"},
		{At: ms("19:52:17", 123), Name: "recvmmsg", Args: "{from 169.254.167.41:45123 to 224.0.0.114 on eth1 (3) ttl 1}", Result: "4 bytes"},
		{At: ms("19:52:24", 123), Took: 41 * time.Microsecond, Name: "sendmsg", Args: "{7 bytes to 224.0.0.114:1234}", Result: "7 bytes"},
		{At: ms("19:52:24", 123), Name: "recvmmsg", Args: "{from 169.254.167.41:45123 to 224.0.0.114 on eth1 (3) ttl 1}", Result: "7 bytes"},
		{At: ms("19:52:31", 123), Name: "recvmmsg", Args: "{from 192.168.8.226:1234 to 224.0.0.114 on eth0 (2) ttl 1}", Result: "43 bytes"},
	}
}

// after is what it knows once the fix is applied.
func after() session.Snapshot {
	s := before()
	s.Sends, s.Findings = onEth0, nil
	s.Checked, s.Unknown = 31, 9
	s.Room.Senders = []chat.Sender{senderB(4, "19:52:50")}
	return s
}

func afterLines() []chat.Line {
	return []chat.Line{
		{ID: 7, At: at("19:52:44"), Kind: chat.Notice, Text: text("sends leave by eth0 now, from 192.168.8.164")},
		{ID: 8, At: at("19:52:47"), Kind: chat.Own, Text: text("and now?"), Interface: "eth0", IfIndex: 2, Source: onEth0.Source, Copy: chat.CopyBack, After: 94 * time.Microsecond},
		{ID: 9, At: at("19:52:50"), Kind: chat.Heard, Text: text("there you are"), From: hostB, To: group.Addr, Interface: "eth0", IfIndex: 2, Hops: 1},
	}
}

// fakeSession is a session that remembers what it was asked.
type fakeSession struct {
	mu      sync.Mutex
	snap    session.Snapshot
	shots   int
	batches chan session.Batch
	actions chan session.Action
}

func newFakeSession(s session.Snapshot) *fakeSession {
	return &fakeSession{snap: s, batches: make(chan session.Batch, 16), actions: make(chan session.Action, 16)}
}

func (f *fakeSession) Next(ctx context.Context) (session.Batch, error) {
	select {
	case b, ok := <-f.batches:
		if !ok {
			return session.Batch{}, io.EOF
		}
		return b, nil
	case <-ctx.Done():
		return session.Batch{}, ctx.Err()
	}
}

func (f *fakeSession) Snapshot() session.Snapshot {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.shots++
	return f.snap
}

func (f *fakeSession) Do(ctx context.Context, a session.Action) error {
	select {
	case f.actions <- a:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// screen drives a model by messages, as a terminal would.
type screen struct {
	t testing.TB
	*model
	session *fakeSession
	time    time.Time
}

func newScreen(t testing.TB, width, height int, s session.Snapshot, lines ...chat.Line) *screen {
	sc := &screen{t: t, session: newFakeSession(s), time: clock}
	sc.model = newModel(sc.session, Options{Now: func() time.Time { return sc.time }})
	sc.model.refresh()
	sc.Update(tea.WindowSizeMsg{Width: width, Height: height})
	sc.Update(batchMsg{Lines: lines})
	return sc
}

// newStory is the screen of A before the fix, with all that led there.
func newStory(t testing.TB, width, height int) *screen {
	s := newScreen(t, width, height, before(), beforeLines()...)
	s.Update(batchMsg{Datagrams: beforeDatagrams(), Calls: beforeCalls()})
	return s
}

// show is news from the session: another state, and lines.
func (s *screen) show(snap session.Snapshot, lines ...chat.Line) {
	s.time = s.time.Add(12 * time.Second)
	s.session.snap = snap
	s.Update(batchMsg{Lines: lines})
}

// press gives keys by their names, "tab", "ctrl+f", or a letter.
func (s *screen) press(keys ...string) {
	s.t.Helper()
	for _, k := range keys {
		_, cmd := s.Update(key(s.t, k))
		s.run(cmd)
	}
}

// run carries out what a key asked the session for. A command that waits for
// something else is left alone.
func (s *screen) run(cmd tea.Cmd) {
	if cmd == nil || !s.busy {
		return
	}
	if msg, ok := cmd().(doneMsg); ok {
		_, cmd = s.Update(msg)
		s.run(cmd)
	}
}

func (s *screen) typed(text string) {
	for _, r := range text {
		s.Update(tea.KeyPressMsg{Code: r, Text: string(r)})
	}
}

// asked is what the session was asked to do last.
func (s *screen) asked() session.Action {
	select {
	case a := <-s.session.actions:
		return a
	default:
		return nil
	}
}

func (s *screen) plain() string { return ansi.Strip(s.View().Content) }

var namedKeys = map[string]tea.KeyPressMsg{
	"enter": {Code: tea.KeyEnter}, "tab": {Code: tea.KeyTab}, "shift+tab": {Code: tea.KeyTab, Mod: tea.ModShift},
	"esc": {Code: tea.KeyEscape}, "up": {Code: tea.KeyUp}, "down": {Code: tea.KeyDown}, "left": {Code: tea.KeyLeft}, "right": {Code: tea.KeyRight},
	"pgup": {Code: tea.KeyPgUp}, "pgdown": {Code: tea.KeyPgDown}, "home": {Code: tea.KeyHome}, "end": {Code: tea.KeyEnd},
	"f1": {Code: tea.KeyF1}, "f2": {Code: tea.KeyF2}, "f3": {Code: tea.KeyF3}, "f4": {Code: tea.KeyF4}, "f5": {Code: tea.KeyF5},
	"f6": {Code: tea.KeyF6}, "f7": {Code: tea.KeyF7}, "f8": {Code: tea.KeyF8}, "f9": {Code: tea.KeyF9}, "f10": {Code: tea.KeyF10}, "f12": {Code: tea.KeyF12},
	"alt+2": {Code: '2', Mod: tea.ModAlt}, "ctrl+s": {Code: 's', Mod: tea.ModCtrl}, "ctrl+o": {Code: 'o', Mod: tea.ModCtrl},
	"ctrl+z": {Code: 'z', Mod: tea.ModCtrl}, "ctrl+p": {Code: 'p', Mod: tea.ModCtrl},
	"shift+up": {Code: tea.KeyUp, Mod: tea.ModShift}, "shift+down": {Code: tea.KeyDown, Mod: tea.ModShift}, "ctrl+f": {Code: 'f', Mod: tea.ModCtrl}, "ctrl+c": {Code: 'c', Mod: tea.ModCtrl},
	"backspace": {Code: tea.KeyBackspace},
}

func key(t testing.TB, name string) tea.KeyPressMsg {
	t.Helper()
	if k, ok := namedKeys[name]; ok {
		if k.String() != name {
			t.Fatalf("key %q says it is %q", name, k.String())
		}
		return k
	}
	r := []rune(name)
	if len(r) != 1 {
		t.Fatalf("no key %q", name)
	}
	return tea.KeyPressMsg{Code: r[0], Text: name}
}
