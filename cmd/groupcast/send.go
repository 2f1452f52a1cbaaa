package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/session"
)

func newSend(set *settings) *cobra.Command {
	s := &sender{set: set}
	streams := &streamSender{sender: s}
	cmd := &cobra.Command{
		Use:   "send GROUP[:PORT] [TEXT...]",
		Short: "Send the arguments as one datagram, or each line of standard input; with --rate a numbered stream",
		Long: `Send a datagram to a group, and print the outgoing interface and the source address, and why they were chosen. The
payload is TEXT, or the bytes that --hex, --file or --size name; without any of them each line of standard input is a
datagram. Sending needs no membership, and makes none. With --ttl 0 it says whether the datagram stays on this host or
leaves.

With --rate it sends until --count, --timeout or ctrl+c: either numbered datagrams of --size bytes, so that groupcast
watch can count each loss, or TEXT again and again, without a number. There may be many groups, each with that rate:
several addresses, an address with +N for N in a row, udp:// and rtp:// as players write them, and @FILE with one in
each line (also an M3U). A sender that was stopped, or is too slow, leaves out the datagrams that are more than 100 ms
overdue, and prints how many: it sends no burst to catch up. A datagram that the kernel refuses uses no number.`,
		Example: `  groupcast send 224.0.0.114 hello
  groupcast send -i eth0 -c 10 --interval 100ms 239.1.2.3:5000 tick
  seq 5 | groupcast send 224.0.0.114                     five datagrams, a line in each
  groupcast send --hex "1b 00 ff" 224.0.0.114
  groupcast send --file frame.bin -c 3 224.0.0.114
  groupcast send --size 1473 239.1.2.3                   a byte more than a frame of Ethernet carries
  groupcast send --rate 1000 239.1.2.3                   a numbered stream, until ctrl+c
  groupcast send --rate 20Mb/s --size 1316 -t 1h 239.1.1.1:5004+100
  groupcast send --rate max -c 1000000 239.1.2.3         as fast as the kernel takes it
  groupcast send --rate 10 --as mcjoin 239.1.2.3         what mcjoin -s sends`,
		ValidArgsFunction: func(cmd *cobra.Command, args []string, part string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return completeGroups(cmd, args, part)
		},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{errors.New("send: name the group, such as 224.0.0.114")}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if s.count < 1 || s.interval < 0 || s.timeout < 0 {
				return usageError{errors.New("--count wants 1 or more, --interval and --timeout 0 or more")}
			}
			if cmd.Flags().Changed("rate") {
				return streams.run(cmd, args)
			}
			if err := streams.without(args); err != nil {
				return usageError{err}
			}
			groups, err := set.groups(cmd, args[:1])
			if err != nil {
				return err
			}
			if err := s.recording.check(cmd.OutOrStdout(), besides(map[string]bool{"--json": set.json})...); err != nil {
				return err
			}
			s.group, s.out, s.errs = groups[0], s.recording.takeOutput(cmd.OutOrStdout()), cmd.ErrOrStderr()
			data, err := s.payload.given(cmd, args[1:])
			if err != nil {
				return err
			}
			return s.run(cmd.Context(), cmd.InOrStdin(), data)
		},
	}
	set.has(cmd, "family", "interface", "source", "ttl", "loopback", "json", "quiet", "trace")
	countFlag(cmd.Flags(), &s.count, 1, "send each datagram this many times")
	timeoutFlag(cmd.Flags(), &s.timeout)
	payloadFlags(cmd, &s.payload)
	intervalFlag(cmd.Flags(), &s.interval, 0, "time between two datagrams, such as 0.1 (seconds) or 100ms")
	recordFlags(cmd, &s.recording)
	streamFlags(cmd, streams)
	return cmd
}

// sender sends datagrams one after the other.
type sender struct {
	set       *settings
	payload   payload
	count     int
	interval  time.Duration
	timeout   time.Duration
	recording recording
	group     mcast.Group
	from      netip.Addr // where --source names none: the address to send from; the zero Addr: any
	out, errs io.Writer

	conn         *mcast.Conn
	choice       host.Choice
	interfaces   []host.Interface
	way          session.Egress // of the last datagram
	zero         string         // what TTL 0 does to it, unless way says it
	sent, failed int
	stayed       int // of those that were sent, on this host, with TTL 0
	bytes        int
}

// run sends data, or, when it is nil, each line of in.
func (s *sender) run(ctx context.Context, in io.Reader, data []byte) (err error) {
	findings, err := s.prepare(ctx)
	if err != nil {
		return err
	}
	defer s.conn.Close()
	s.recording.goesOn = "sending"
	s.recording.way = func(*mcast.Conn, mcast.Departure) session.Egress { return s.way } // it is asked for each
	if err := s.recording.begin(chosen(s.interfaces, s.choice), s.errs); err != nil {
		return err
	}
	p := s.printer()
	defer func() { err = s.recording.end(err, p.objects(), p.remark) }()

	parent := ctx
	ctx, cancel := within(ctx, s.timeout)
	defer cancel()
	if data != nil {
		err = s.send(ctx, data)
	} else {
		if isTerminal(in) && !s.set.quiet && !s.set.json {
			s.look()
			fmt.Fprintf(s.errs, "groupcast: each line is sent to %s as a datagram; ctrl+d ends; %s\n", s.group, chat.Clean(s.wayText()))
		}
		err = s.lines(ctx, in)
	}
	if err != nil && ctx.Err() == nil {
		return err
	}
	ended := s.end(findings)
	if parent.Err() != nil {
		return parent.Err()
	}
	return ended
}

// prepare chooses the way out and opens the socket.
func (s *sender) prepare(ctx context.Context) ([]doctor.Finding, error) {
	findings, err := s.choose()
	if err != nil {
		return nil, err
	}
	s.conn, err = session.OpenSender(ctx, s.group, s.set.ttl, s.set.loopback, s.recording.trace(s.set.tracer(s.errs)))
	if err != nil {
		return nil, err
	}
	return findings, nil
}

// choose chooses the way out, and finds what speaks against it.
func (s *sender) choose() ([]doctor.Finding, error) {
	facts, err := doctor.GatherRoutes(s.group)
	if err != nil {
		return nil, err
	}
	c, err := s.chosen(facts.Interfaces)
	if err != nil {
		return nil, &mcast.OpError{Op: "send", Target: s.group.String(), Err: err}
	}
	s.choice, s.interfaces = c, facts.Interfaces
	intent := doctor.Intent{Group: s.group, Send: c.Send.Index, Loopback: s.set.loopback, Hops: s.set.ttl}
	if c.ByUser || alone(facts.Interfaces) { // which is said with every send
		intent.Wanted = c.Joins[:1]
	}
	return doctor.Seen(doctor.Diagnose(facts, intent)), nil
}

// chosen is the way out that the flags and the source name.
func (s *sender) chosen(list []host.Interface) (host.Choice, error) {
	c, err := s.set.choose(list, s.group.Addr)
	if err == nil && s.from.IsValid() && !s.set.source.IsValid() {
		c, err = c.From(list, s.from, s.group.Addr)
	}
	return c, err
}

func (s *sender) lines(ctx context.Context, in io.Reader) error {
	return eachLine(ctx, in, func(text string, err error) error {
		if err != nil {
			s.failed++
			complain(s.errs, err)
			return nil
		}
		return s.send(ctx, []byte(text))
	})
}

// send sends data count times. What the kernel refuses is said and counted;
// only the end of ctx is an error.
func (s *sender) send(ctx context.Context, data []byte) error {
	for range s.count {
		if s.interval > 0 && s.sent+s.failed > 0 {
			pause := time.NewTimer(s.interval)
			select {
			case <-ctx.Done():
				pause.Stop()
			case <-pause.C:
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		s.look()
		err := s.conn.Send(data, s.group.AddrPort(), mcast.ViaChoice(s.choice, s.group.Addr))
		if err != nil {
			s.failed++
			complain(s.errs, err)
			continue
		}
		s.sent++
		if s.way.Stays {
			s.stayed++
		}
		s.bytes += len(data)
		if s.set.json {
			writeJSON(s.out, jsonSent{
				jsonHead: headOf("sent"), To: addrPortText(s.group.AddrPort()), Size: len(data),
				Interface: chat.Clean(s.way.Interface), IfIndex: s.way.IfIndex, Source: addrText(s.way.Source), Because: s.way.Because,
			})
		}
	}
	return nil
}

// jsonSent is a datagram that the kernel took, as --json prints it. Fields
// are only added.
type jsonSent struct {
	jsonHead         // sent
	To        string `json:"to"`
	Size      int    `json:"size"` // bytes of payload
	Interface string `json:"interface"`
	IfIndex   int    `json:"ifindex"`
	Source    string `json:"source,omitempty"`
	Because   string `json:"because"`
}

func (s *sender) printer() *linePrinter {
	return &linePrinter{out: s.out, errs: s.errs, json: s.set.json, quiet: s.set.quiet}
}

// end says what was sent by which way, and gives the exit status.
func (s *sender) end(findings []doctor.Finding) error {
	p := s.printer()
	if s.sent > 0 {
		text := fmt.Sprintf("sent %s (%s) to %s; ", chat.Count(s.sent, "datagram"), chat.Count(s.bytes, "byte"), s.group)
		if s.stayed > 0 && s.stayed < s.sent {
			text += fmt.Sprintf("%d of them stayed on this host, with TTL 0; at last ", s.stayed)
		}
		p.remark(text + s.wayText())
	}
	p.findings(findings)
	if s.failed > 0 || len(findings) > 0 {
		p.advise(s.set.about(s.group))
	}
	switch {
	case s.sent == 0 && s.failed > 0:
		return status(exitNot)
	case s.failed > 0, len(findings) > 0:
		return status(exitDoubt)
	}
	return nil
}
