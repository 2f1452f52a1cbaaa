package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/session"
	"github.com/groupcast/groupcast/mcast/stream"
)

func newListen(set *settings) *cobra.Command {
	l := newListener(set)
	cmd := &cobra.Command{
		Use:   "listen [GROUP[:PORT]...]",
		Short: "Print the datagrams that groups receive, a line or a JSON object for each",
		Long: `Join groups and print every datagram that arrives: the time, the interface, the sender, the group and port, the TTL
that is left, the size and the text. --raw writes only the bytes of the payload.

It ends after --count datagrams, after --timeout, or at ctrl+c, and prints how many datagrams it received from how
many hosts (in JSON the object totals, the last one). If there are several groups, each has a line. Each host has a
line, too (in JSON the object heard, for each port of the host): how many datagrams, at which rate, from when to when,
the longest gap, the loss where the datagrams are numbered (RTP, MPEG-TS, send --rate and others), and the TTL. A
group without any datagram has a line (in JSON the object silent); in a terminal that line comes after 5 seconds of
silence as well. It also says whether members talk there in frames.

--record writes the datagrams to a pcapng file as well, which tcpdump and Wireshark read. The time is the kernel's; of
the headers, addresses, ports and TTL are true and the rest is made up. It does not overwrite a file. The recording
ends at 1 GiB, unless --rotate and --keep bound it. With - the recording goes to standard output, and no lines are
printed.`,
		Example: `  groupcast listen                          the default group, until ctrl+c
  groupcast listen -c 1 -t 5s 239.1.2.3     wait five seconds for one datagram
  groupcast listen --json 224.0.0.251:5353  mDNS, as JSON objects
  groupcast listen --record talk.pcapng 239.1.2.3
  groupcast listen --record talk.pcapng --rotate 64MiB --keep 8 239.1.2.3
  groupcast listen --record - 239.1.2.3 | wireshark -k -i -`,
		ValidArgsFunction: completeGroups,
		RunE: func(cmd *cobra.Command, args []string) error {
			groups, err := set.groups(cmd, args)
			if err != nil {
				return err
			}
			l.out, l.errs = l.recording.takeOutput(cmd.OutOrStdout()), cmd.ErrOrStderr()
			l.keep = &session.Keeper{Open: l.open(cmd.Context()), Bind: l.bind, Tell: tellOn(l.errs, l.remark)}
			return l.run(cmd.Context(), groups)
		},
	}
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if l.raw && (set.json || isTerminal(cmd.OutOrStdout())) {
			return usageError{errors.New("--raw writes to a pipe or a file, not to a terminal, and not together with --json")}
		}
		if err := l.recording.check(cmd.OutOrStdout(), besides(map[string]bool{"--raw": l.raw, "--json": set.json})...); err != nil {
			return err
		}
		if l.count < 0 || l.timeout < 0 {
			return usageError{errors.New("--count and --timeout: want 0 (no limit) or more")}
		}
		return nil
	}
	set.has(cmd, "family", "interface", "multicast-all", "json", "quiet", "trace")
	countFlag(cmd.Flags(), &l.count, 0, "end after this many datagrams; 0: no limit")
	timeoutFlag(cmd.Flags(), &l.timeout)
	recordFlags(cmd, &l.recording)
	cmd.Flags().BoolVar(&l.raw, "raw", false, "write the payload bytes as they are, to a pipe or a file")
	return cmd
}

// listener prints the datagrams of several sockets, one for each port.
type listener struct {
	set       *settings
	count     int
	timeout   time.Duration
	raw       bool
	recording recording
	out, errs io.Writer
	keep      *session.Keeper
	bound     map[netip.AddrPort]sharing // ports that other programs may have, by their wildcard

	names   map[int]string // of interfaces, safe to show
	ears    []*ear
	any     atomic.Bool // something was heard
	untold  bool        // a datagram came whose group the system did not tell
	advised bool        // how to look closer was said
	heard   volume
	unread  int // came, but enough was heard
	strays  int
	tally   *stream.Tally // of ports
	hosts   *stream.Tally // the same without the ports
}

func newListener(set *settings) *listener {
	return &listener{
		set: set, names: map[int]string{},
		tally: stream.New(stream.Config{Rows: maxRows, Numbers: true}), hosts: stream.New(stream.Config{Rows: maxRows}),
	}
}

func (l *listener) run(ctx context.Context, groups []mcast.Group) error {
	list, err := host.Interfaces()
	if err != nil {
		return err
	}
	l.name(list)
	defer l.keep.Close()
	for _, g := range groups {
		if err := l.join(list, g); err != nil {
			return err
		}
	}
	var on []host.Interface
	for _, e := range l.ears {
		on = append(on, e.on...)
	}
	l.recording.goesOn = "listening"
	if err := l.recording.begin(on, l.errs); err != nil {
		return err
	}
	defer l.recording.close()
	defer l.lookBeside(ctx)() // before the time begins: on a busy host it takes a while

	began := time.Now()
	parent := ctx
	ctx, cancel := within(ctx, l.timeout)
	defer cancel()
	stop := l.watchSilence()
	err = l.keep.Listen(ctx, session.Listener{Heard: l.heardBatch, Changed: l.changed})
	stop()
	if err != nil {
		return err
	}
	return l.recording.verdict(l.end(parent, time.Since(began)))
}

// join joins a group on each interface that is chosen for it, on the socket
// for its IP version and port.
func (l *listener) join(list []host.Interface, g mcast.Group) error {
	c, err := host.ChooseToListen(list, l.set.interfaces, g.Addr)
	if err != nil {
		return &mcast.OpError{Op: "join", Target: g.String(), Err: err}
	}
	where, err := l.keep.Join(g, c)
	if err != nil {
		return err
	}
	l.ears = append(l.ears, &ear{group: g, on: where})
	var leftOut []host.Interface
	if c.Everywhere() || c.Lo {
		leftOut = host.LeftOut(list, g.Addr)
	}
	l.joined(g, where, leftOut)
	l.warnSourceless(g)
	if text := notByUDP(g); text != "" {
		l.remark(text)
	}
	return nil
}

// open opens the socket for a group's port and IP version, or for a group.
func (l *listener) open(ctx context.Context) func(mcast.Group) (*mcast.Conn, error) {
	return func(g mcast.Group) (*mcast.Conn, error) {
		at := l.bind(g)
		return mcast.Listen(ctx, mcast.Config{
			Addr: at.Addr(), Port: at.Port(), MulticastAll: l.set.multicastAll, TellDrops: true, Trace: l.set.tracer(l.errs),
		})
	}
}

func (l *listener) name(list []host.Interface) {
	for _, i := range list {
		l.names[i.Index] = chat.Clean(i.Name)
	}
}

// changed keeps the names of the interfaces.
func (l *listener) changed(ch host.Change) {
	l.name([]host.Interface{ch.Interface})
	if ch.Kind == host.Gone {
		delete(l.names, ch.Interface.Index)
	}
}

// heardBatch prints datagrams until it is enough.
func (l *listener) heardBatch(conn *mcast.Conn, batch []mcast.Datagram) (more bool) {
	if l.recording.to != nil {
		l.recording.drops.Read(conn, len(batch))
	}
	for _, d := range batch {
		switch {
		case d.Stray && !l.set.multicastAll:
			l.strays++ // not heard, but counted
		case l.enough():
			l.unread++ // of the batch that brought the last one
		default:
			if d.Stray {
				l.strays++
			} else {
				l.countFor(d, conn.LocalAddr().Port())
			}
			l.tell(d, conn.LocalAddr().Port())
			l.print(d, conn.LocalAddr().Port())
			l.recording.received(d, conn.LocalAddr().Port())
		}
	}
	return !l.enough()
}

func (l *listener) enough() bool { return l.count > 0 && l.heard.datagrams >= l.count }

// print writes one datagram.
func (l *listener) print(d mcast.Datagram, port uint16) {
	l.heard.add(d)
	name := l.names[d.IfIndex]
	switch {
	case l.raw:
		l.out.Write(d.Data)
	case l.set.json:
		writeJSON(l.out, jsonDatagram{
			jsonHead: jsonHead{Type: "datagram", Time: d.At},
			jsonArrival: jsonArrival{
				From: addrPortText(d.From), To: sentTo(d, port), Interface: name, IfIndex: d.IfIndex, TTL: d.Hops, Size: len(d.Data),
				Text: chat.Sanitize(d.Data).String(), Data: d.Data,
			},
			Stray: d.Stray,
		})
	default:
		stray := ""
		if d.Stray {
			stray = "  another's membership"
		}
		fmt.Fprintf(l.out, "%s  %s  %s → %s%s  ttl %d  %d B  %s\n", d.At.Format("15:04:05.000"),
			name, addrPortText(d.From), sentTo(d, port), stray, d.Hops, len(d.Data), chat.Gutter(chat.Sanitize(d.Data).String(), 10, mostRows))
	}
}

// jsonDatagram is a datagram as --json prints it. Fields are only added.
type jsonDatagram struct {
	jsonHead // datagram
	jsonArrival
	Stray bool `json:"stray,omitempty"` // of a group that only others have joined
}

// jsonArrival is what listen and open say of a datagram.
type jsonArrival struct {
	From      string `json:"from"`
	To        string `json:"to"` // the group and the port; without the group where the system does not tell it
	Interface string `json:"interface"`
	IfIndex   int    `json:"ifindex"`
	TTL       int    `json:"ttl"`
	Size      int    `json:"size"` // bytes of payload
	Text      string `json:"text"` // sanitised
	Data      []byte `json:"data"` // the payload, byte exact, in base64
}

// end says what was heard, and gives the exit status.
func (l *listener) end(ctx context.Context, lasted time.Duration) error {
	text := "heard " + l.heard.String()
	switch {
	case l.strays > 0 && l.set.multicastAll:
		text += fmt.Sprintf(", %d of them of groups that only others have joined", l.strays)
	case l.strays > 0:
		text += fmt.Sprintf(", and %d of groups that only others have joined", l.strays)
	}
	dropped, unread, buffer := uint64(0), l.unread, 0
	for _, conn := range l.keep.Conns() {
		n, _ := conn.Discard() // what cannot be read is not known
		unread += n
		dropped += conn.Stats().Dropped
		buffer = conn.ReadBuffer()
	}
	if unread > 0 {
		text += fmt.Sprintf("; %d more had come, and were not read", unread)
	}
	l.remark(text)
	if l.recording.to != nil {
		l.recording.close()
		l.remark(l.recording.text())
	}
	l.tellGroups()
	l.tellHeard(unread == 0 && dropped == 0, lasted)
	if dropped > 0 {
		l.remark(session.DropsText(dropped))
		l.remark("hint: " + session.DropsHint(buffer))
	}
	told := ctx.Err() == nil && l.heard.datagrams == 0 && len(l.ears) == 1 && !l.set.json // by the error
	if !l.enough() && !told {
		l.tellSilence(l.silent(), lasted)
	}
	if l.set.json {
		l.totalsJSON(dropped, unread, lasted)
	}
	switch {
	case l.enough() && dropped == 0:
		return nil
	case l.enough():
		return status(exitDoubt)
	case ctx.Err() != nil && (l.count > 0 || l.heard.datagrams == 0 && l.timeout > 0):
		return ctx.Err() // what was asked for could still come
	case ctx.Err() != nil && dropped == 0 && l.heard.datagrams+unread == 0:
		return status(exitNot) // as told for each group
	case ctx.Err() != nil && (dropped > 0 || l.heard.datagrams == 0):
		return status(exitDoubt)
	case ctx.Err() != nil:
		return nil
	case l.heard.datagrams == 0:
		return l.unheard()
	case l.count > 0:
		return fmt.Errorf("heard %s in %s, not %d", chat.Count(l.heard.datagrams, "datagram"), l.timeout, l.count)
	case dropped > 0:
		return status(exitDoubt)
	}
	return nil
}

func (l *listener) remark(text string) {
	if !l.set.quiet && !l.set.json {
		fmt.Fprintf(l.errs, "groupcast: %s\n", chat.Clean(text))
	}
}
