package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
	streams "github.com/groupcast/groupcast/mcast/sender"
	"github.com/groupcast/groupcast/mcast/stream"
	"github.com/groupcast/groupcast/mcast/watch"
)

// streamSender runs streams at a rate, with the flags of send.
type streamSender struct {
	*sender
	rate streamRate
	as   string

	targets  []watch.Target
	ways     []*sender // of the targets, in their order
	findings []doctor.Finding
	cfg      streams.Config
	streams  *streams.Sender
	told     toldOfStreams
}

const (
	standardSize = 64  // bytes of a numbered datagram
	mcjoinSize   = 100 // of one of mcjoin's
)

func streamFlags(cmd *cobra.Command, s *streamSender) {
	flags := cmd.Flags()
	flags.Var(&s.rate, "rate", "send a stream at this rate to each group: datagrams a second, such as 1000 or 1000/s; bits of payload, such as 500kb/s, 20Mb/s, 1Gb/s; or max")
	flags.StringVar(&s.as, "as", "", "with --rate: number the datagrams as `PROGRAM` does: mcjoin")
	flags.Lookup("size").Usage = "send `BYTES` bytes of filler; with --rate: the size of each numbered datagram, 40 to 65507 (default 64)"
	flags.Lookup("count").Usage = "send each datagram this many times; with --rate: this many to each group, without end unless given"
	flags.BoolVar(&s.cfg.Joined, "gso", false, "with --rate max: give the kernel up to 64 datagrams in one call (UDP_SEGMENT, Linux): faster, but a full queue drops all of them")
	cmd.RegisterFlagCompletionFunc("rate", cobra.FixedCompletions([]string{"10\tdatagrams a second", "1000/s", "20Mb/s\tof payload", "max\tas fast as the kernel takes it"}, cobra.ShellCompDirectiveNoFileComp))
	cmd.RegisterFlagCompletionFunc("as", cobra.FixedCompletions([]string{"mcjoin"}, cobra.ShellCompDirectiveNoFileComp))
}

// without refuses, where no rate is given, what is for streams.
func (s *streamSender) without(args []string) error {
	switch {
	case s.as != "":
		return errors.New("--as is about a stream: say how fast with --rate, such as --rate 10")
	case s.cfg.Joined:
		return errors.New("--gso is about a stream as fast as it goes: --rate max")
	}
	if _, err := mcast.ParseGroup(args[0]); err == nil {
		return nil
	}
	if !strings.HasPrefix(args[0], "@") {
		if _, _, err := parseTarget(args[0]); err != nil {
			return nil // it is no group either way, and is told so
		}
	}
	return &mcast.Advised{Err: fmt.Errorf("%s: one group, such as 239.1.1.1:5000; several, lists and URLs are for streams", clipped(args[0])), Advice: "say how fast with --rate, such as --rate 10"}
}

// run runs the streams that the command line asks for.
func (s *streamSender) run(cmd *cobra.Command, args []string) error {
	s.out, s.errs = cmd.OutOrStdout(), cmd.ErrOrStderr()
	if err := s.read(cmd, args); err != nil {
		return err
	}
	if err := s.choose(); err != nil {
		return err
	}
	ctx := cmd.Context()
	var err error
	if s.streams, err = streams.Open(ctx, s.cfg); err != nil {
		return err
	}
	defer s.streams.Close()
	for i := range s.ways {
		s.ways[i].lookFrom(s.streams.LocalPort(s.ways[i].group))
	}
	p := s.printer()
	p.remark(s.beginText())
	p.findings(s.findings)

	within, cancel := within(ctx, s.timeout)
	defer cancel()
	s.send(within)
	return s.finish(ctx)
}

// read reads the command line.
func (s *streamSender) read(cmd *cobra.Command, args []string) error {
	flags := cmd.Flags()
	switch {
	case flags.Changed("interval"):
		return usageError{errors.New("--rate and --interval: one of them")}
	case flags.Changed("record") || flags.Changed("rotate") || flags.Changed("keep"):
		return usageError{&mcast.Advised{Err: errors.New("--rate and --record: a stream is recorded where it is heard"), Advice: "groupcast listen --record FILE, or groupcast record FILE, on this host or another"}}
	case s.as != "" && s.as != "mcjoin":
		return usageError{fmt.Errorf("--as %s: want mcjoin", clipped(s.as))}
	}
	n := leadingTargets(args)
	ctx, cancel := within(cmd.Context(), s.timeout)
	defer cancel()
	list, remarks, err := s.set.targets(ctx, cmd, args[:n])
	if err != nil {
		return err
	}
	s.targets = list
	for _, text := range remarks {
		s.printer().remark(text)
	}
	if err := s.readPayload(cmd, args[n:]); err != nil {
		return err
	}
	rate, err := s.rate.of(s.cfg.Size)
	if err != nil {
		return usageError{err}
	}
	s.cfg.Rate = rate
	switch {
	case s.cfg.Joined && rate != streams.Max:
		return usageError{errors.New("--gso sends bursts, and is for --rate max only: what is paced leaves one by one")}
	case s.cfg.Joined && s.cfg.Kind == streams.Fixed:
		return usageError{errors.New("--gso is for numbered datagrams: leave out TEXT, --hex and --file")}
	}
	if flags.Changed("count") {
		s.cfg.Count = uint64(s.count)
	}
	s.cfg.Hops, s.cfg.NoLoopback, s.cfg.Trace = s.set.ttl, !s.set.loopback, s.set.tracer(s.errs)
	if s.cfg.Kind == streams.Mcjoin {
		return s.fitMcjoin(flags.Changed("size"))
	}
	return nil
}

// leadingTargets is how many arguments name groups: the first, and those that follow
// it and are addresses of groups. A text may be the name of one.
func leadingTargets(args []string) int {
	n := 1
	for n < len(args) && strings.ContainsAny(args[n], ".:") && !strings.HasPrefix(args[n], "@") {
		if _, _, err := parseTarget(args[n]); err != nil {
			break
		}
		n++
	}
	return n
}

// readPayload reads what the datagrams carry.
func (s *streamSender) readPayload(cmd *cobra.Command, words []string) error {
	sized := cmd.Flags().Changed("size")
	chosen := s.payload.chosen()
	if numbered := len(words) == 0 && (len(chosen) == 0 || len(chosen) == 1 && sized); numbered {
		s.cfg.Kind, s.cfg.Size = streams.Numbered, standardSize
		least, what := stream.HeaderSize, "a numbered datagram"
		if s.as != "" {
			s.cfg.Kind, s.cfg.Size, least, what = streams.Mcjoin, mcjoinSize, 1, "a datagram"
		}
		if !sized {
			return nil
		}
		if s.cfg.Size = s.payload.size; s.cfg.Size < least || s.cfg.Size > mcast.MaxPayload {
			return usageError{fmt.Errorf("--size %d: %s has %d to %d bytes", s.payload.size, what, least, mcast.MaxPayload)}
		}
		return nil
	}
	if s.as != "" {
		return usageError{errors.New("--as mcjoin has a text of its own: leave out TEXT, --hex and --file")}
	}
	data, err := s.payload.given(cmd, words)
	if err == nil {
		err = fits("TEXT", len(data))
	}
	if err != nil {
		return err
	}
	s.cfg.Kind, s.cfg.Data, s.cfg.Size = streams.Fixed, data, len(data)
	return nil
}

// fitMcjoin makes room for the longest text, unless a size was given, which must have
// it.
func (s *streamSender) fitMcjoin(sized bool) error {
	var list []streams.Stream
	for _, t := range s.targets {
		list = append(list, streams.Stream{Group: t.Group})
	}
	least := streams.McjoinSize(list, s.cfg.Rate)
	if sized && s.cfg.Size < least {
		return usageError{fmt.Errorf("--size %d: the text of mcjoin takes up to %d bytes here", s.cfg.Size, least)}
	}
	s.cfg.Size = max(s.cfg.Size, least)
	return nil
}

// choose chooses the way out of each group. What speaks against it is looked for of
// the first group of each IP version.
func (s *streamSender) choose() error {
	var interfaces []host.Interface
	versions := map[bool]bool{}
	for _, t := range s.targets {
		way := &sender{set: s.set, group: t.Group, from: t.Group.Source}
		var err error
		if is4 := t.Group.Addr.Is4(); !versions[is4] {
			versions[is4] = true
			var findings []doctor.Finding
			findings, err = way.choose()
			s.findings = append(s.findings, findings...)
			interfaces = way.interfaces
		} else {
			way.interfaces = interfaces
			way.choice, err = way.chosen(interfaces)
		}
		if err != nil {
			return &mcast.OpError{Op: "send", Target: t.Group.String(), Err: host.Cause(err)}
		}
		s.ways = append(s.ways, way)
		s.cfg.Streams = append(s.cfg.Streams, streams.Stream{Group: t.Group, Via: mcast.ViaChoice(way.choice, t.Group.Addr)})
	}
	return nil
}

// send runs the streams to their end, and tells meanwhile how it goes.
func (s *streamSender) send(ctx context.Context) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.streams.Run(ctx)
	}()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			s.tell(s.streams.Snapshot())
		}
	}
}

// finish says what was sent, and gives the exit status. A stream that has no other
// end is ended by ctrl+c as it was meant to be.
func (s *streamSender) finish(parent context.Context) error {
	snap := s.streams.Snapshot()
	s.report(snap)
	if len(s.findings) > 0 || snap.Refused > 0 {
		s.printer().advise(s.set.about(s.targets[0].Group))
	}
	switch {
	case parent.Err() != nil && (s.cfg.Count > 0 || s.timeout > 0):
		return parent.Err()
	case snap.Sent == 0 && snap.Refused > 0:
		return status(exitNot)
	case snap.Refused > 0, snap.Skipped > 0, len(s.findings) > 0:
		return status(exitDoubt)
	}
	return nil
}
