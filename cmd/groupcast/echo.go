package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/echo"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/session"
)

func newEcho(set *settings) *cobra.Command {
	e := &echoer{set: set}
	cmd := &cobra.Command{
		Use:   "echo [ADDRESS:PORT|:PORT|PORT|GROUP[:PORT]]",
		Short: "Reply to datagrams with the same bytes, at one address or in a group",
		Long: `Reply to every datagram with the same bytes: at 0.0.0.0:1234, at another address, or in a group, which it joins as
listen does. It ends at ctrl+c or after --timeout, and prints totals.

It cannot be used to flood others. A reply is never larger than its request. One source gets at most 50 replies a
second, a group gets 500. In a group, replies go only to the sender, from a port that the server never echoes. It
sends no replies to service ports, and none to sources outside the networks of this host. Two servers that send to
each other fall silent within a second.

-v prints a line for each datagram: packet-received, packet-written, or packet-unanswered with the reason. --json
prints the objects serving and totals, and with -v received, written and unanswered.`,
		Example: `  groupcast echo                     0.0.0.0:1234, until ctrl+c
  groupcast echo -v 127.0.0.1:5000   this host alone, a line for each datagram
  groupcast echo [::]:1234           all addresses of IPv6
  groupcast echo -i eth0 224.0.0.114 in a group, on one interface`,
		Args:              atMost(1),
		ValidArgsFunction: completeServed,
		RunE: func(cmd *cobra.Command, args []string) error {
			at, err := parseServed(strings.Join(args, ""))
			if err != nil {
				return usageError{err}
			}
			if err := e.check(at); err != nil {
				return usageError{err}
			}
			if err := e.recording.check(cmd.OutOrStdout(), besides(map[string]bool{"--json": set.json, "-v": e.verbose})...); err != nil {
				return err
			}
			e.out, e.errs = e.recording.takeOutput(cmd.OutOrStdout()), cmd.ErrOrStderr()
			return e.run(cmd.Context(), at)
		},
	}
	set.has(cmd, "interface", "json", "quiet", "trace")
	timeoutFlag(cmd.Flags(), &e.timeout)
	verboseFlag(cmd.Flags(), &e.verbose, "print what happens to each datagram")
	recordFlags(cmd, &e.recording)
	cmd.Flags().BoolVar(&e.unlimited, "unlimited", false, "reply to every request, with no limit on the rate, for benchmarks on networks of your own: anybody who reaches the port can make this host send as much to any address, with a forged source")
	return cmd
}

// served is what an echo server serves: an address, or a group if that is
// valid.
type served struct {
	addr  netip.AddrPort
	group mcast.Group
}

func (s served) isGroup() bool { return s.group.Addr.IsValid() }

// parseServed reads the argument of echo. Port 0 leaves it to the kernel.
func parseServed(text string) (served, error) {
	if strings.Trim(text, "0123456789") == "" && text != "" {
		text = ":" + text
	}
	host, portText, err := net.SplitHostPort(text)
	if err != nil {
		host, portText = text, strconv.Itoa(mcast.DefaultPort)
		if inner, ok := strings.CutPrefix(text, "["); ok && strings.HasSuffix(inner, "]") {
			host = strings.TrimSuffix(inner, "]")
		}
	}
	if host == "" {
		host = "0.0.0.0"
	}
	addr, err := netip.ParseAddr(host)
	addr = addr.Unmap()
	port, badPort := strconv.ParseUint(portText, 10, 16)
	switch {
	case strings.Contains(text, "@"), err == nil && addr.IsMulticast():
		g, err := mcast.ParseGroup(text)
		return served{group: g}, err
	case err != nil:
		return served{}, fmt.Errorf("%q: %w", text, errNothingToServe)
	case badPort != nil:
		return served{}, fmt.Errorf("%q: port %q is %w", text, portText, mcast.ErrBadPort)
	case addr.Is6() && addr.IsLinkLocalUnicast() && addr.Zone() == "":
		return served{}, fmt.Errorf("%q: %w", text, errNoZone)
	}
	return served{addr: netip.AddrPortFrom(addr, uint16(port))}, nil
}

// completeServed offers the addresses of this host, and groups.
func completeServed(cmd *cobra.Command, args []string, part string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	out := []string{"0.0.0.0:1234\tall addresses of IPv4", "[::]:1234\tall addresses of IPv6"}
	list, _ := host.Interfaces()
	for _, i := range list {
		for _, p := range i.Addrs {
			if a := p.Addr(); !a.IsLinkLocalUnicast() {
				out = append(out, netip.AddrPortFrom(a, mcast.DefaultPort).String()+"\ton "+chat.Clean(i.Name))
			}
		}
	}
	groups, directive := completeGroups(cmd, args, part)
	return append(out, groups...), directive
}

// echoer serves one address or one group.
type echoer struct {
	set       *settings
	verbose   bool
	unlimited bool
	timeout   time.Duration
	recording recording
	out, errs io.Writer
	keep      *session.Keeper

	group mcast.Group // if it is one that is served,
	began time.Time   // since then,
	where string      // and there
}

func (e *echoer) check(at served) error {
	switch {
	case e.timeout < 0:
		return fmt.Errorf("--timeout %s: want 0 (no limit) or more", e.timeout)
	case at.isGroup() && e.unlimited:
		return errUnlimitedGroup
	case !at.isGroup() && len(e.set.interfaces) > 0:
		return fmt.Errorf("-i %s: %w", e.set.interfaces[0], errAddressInstead)
	}
	return nil
}

func (e *echoer) run(ctx context.Context, at served) error {
	ctx, cancel := within(ctx, e.timeout)
	defer cancel()
	e.keep = &session.Keeper{
		Open: func(g mcast.Group) (*mcast.Conn, error) {
			at := g.Wildcard()
			return e.listen(ctx, mcast.Config{Addr: at.Addr(), Port: at.Port()})
		},
		Tell: tellOn(e.errs, e.remark),
	}
	defer e.keep.Close()
	if err := e.record(at); err != nil {
		return err
	}
	defer e.recording.close()
	var conn, answers *mcast.Conn
	var err error
	follow := e.keep.Follow
	e.group = at.group
	if at.isGroup() {
		if answers, err = e.join(ctx, at.group); err != nil {
			return e.recording.sparing(err)
		}
		defer answers.Close()
		conn = e.keep.Conn(at.group)
	} else {
		if conn, err = e.bind(ctx, at.addr); err != nil {
			return e.recording.sparing(err)
		}
		defer conn.Close()
		e.started(jsonServing{Address: addrPortText(conn.LocalAddr())})
		reached := newReached(conn.LocalAddr().Addr())
		follow = func(ch host.Change) {
			if text := reached.change(ch); text != "" {
				e.remark(text)
			}
		}
	}

	log := newEchoLog(e.out, e.errs, e.verbose, e.set.json)
	responder := echo.New(echo.Config{Unlimited: e.unlimited, Log: log.add})
	watched, stop := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() {
		if err := host.Watch(watched, follow); err != nil {
			complain(e.errs, err)
		}
	})
	err = responder.Serve(ctx, conn, answers, at.isGroup())
	stop()
	watching.Wait()
	e.ended(responder.Stats(), conn, log.close())
	if ctx.Err() != nil {
		err = nil // it was asked to end
	}
	return e.recording.verdict(err)
}

// reached knows by which interfaces a unicast address is asked.
type reached struct {
	bound netip.Addr
	by    map[string]bool // false: it was, and may be again
}

func newReached(bound netip.Addr) *reached {
	return &reached{bound: bound.WithZone(""), by: map[string]bool{}}
}

// change says what a change of an interface means; mostly nothing.
func (r *reached) change(ch host.Change) string {
	i := ch.Interface
	is := ch.Kind != host.Gone && i.Up() && (i.Carrier() || i.Loopback()) && slices.ContainsFunc(i.Addrs, func(p netip.Prefix) bool {
		a := p.Addr().WithZone("")
		return a == r.bound || r.bound.IsUnspecified() && a.Is4() == r.bound.Is4()
	})
	was, known := r.by[i.Name]
	if is {
		r.by[i.Name] = true
	}
	switch {
	case is && known && !was:
		return i.Name + " is back: requests that arrive on it are answered again"
	case is || !was:
		return ""
	}
	r.by[i.Name] = false
	if ch.Kind == host.AddressRemoved {
		return fmt.Sprintf("%s has lost %s: nothing arrives there", i.Name, ch.Addr.Addr())
	}
	return session.NothingBy(i, ch.Kind)
}
