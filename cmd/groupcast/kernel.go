package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/kernel"
	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/probe"
)

func newKernel(set *settings) *cobra.Command {
	k := &kernelCommand{set: set}
	cmd := &cobra.Command{
		Use:   "kernel send|connect [TARGET]",
		Short: "Show the way of a send or a connect through the kernel, function by function",
		Long: `Make one send, or one connect of a UDP socket, and show the functions of the Linux kernel that handle it, in their
order: where the outgoing interface is chosen, where the loopback copy is made and which buffer it has, where the
datagram leaves, and where and why it is dropped. TARGET is GROUP[:PORT], HOST[:PORT] or [IPV6]:PORT; the port is 1234
unless it is named.

A send is one datagram, and it leaves this host if its route does. A connect sends nothing: the trace shows that.

It needs root, because it reads events of the kernel (tracefs): only those of its own thread, in a buffer of its own
that it removes at the end. Without root, and with --recorded, it shows a run from a recording, with the kernel's
version in the first line. In a host of a lab that root has built, it traces, too.

The loopback copy is received on the same thread, and so is a datagram to another host over a veth. Datagrams that a
network card receives are handled elsewhere, and the trace does not show them. The times include the cost of the
tracing: they show the order, not the speed.`,
		Example: `  sudo groupcast kernel send 224.0.0.114:1234   the way of a datagram to a group
  groupcast kernel send --recorded              the same, from a recording
  groupcast kernel connect --recorded           a connect of UDP: two lookups of a route, and no datagram
  groupcast explain send-path                   what is decided in each function`,
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) == 0 {
				return []string{"send\tone datagram", "connect\ta UDP socket, which sends nothing"}, cobra.ShellCompDirectiveNoFileComp
			}
			return nil, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			k.out, k.errs = cmd.OutOrStdout(), cmd.ErrOrStderr()
			if err := k.parse(cmd.Context(), args); err != nil {
				return err
			}
			return k.run(cmd.Context())
		},
	}
	set.has(cmd, "interface", "json", "quiet")
	cmd.Flags().BoolVar(&k.recorded, "recorded", false, "show a run that was recorded on another kernel; nothing is sent")
	return cmd
}

// kernelCommand traces one call.
type kernelCommand struct {
	set       *settings
	recorded  bool
	op        kernel.Op
	typed     string // the target
	target    netip.AddrPort
	out, errs io.Writer
}

func (k *kernelCommand) parse(ctx context.Context, args []string) error {
	switch {
	case len(args) == 0 || args[0] != string(kernel.Send) && args[0] != string(kernel.Connect):
		return usageError{errors.New("kernel: name the call, send or connect, as in: groupcast kernel send 224.0.0.114:1234")}
	case len(args) > 2:
		return usageError{fmt.Errorf("%q: one argument too many", args[2])}
	case len(args) == 1 && !k.recorded:
		return usageError{fmt.Errorf("kernel %s: name a target, such as 224.0.0.114:1234", args[0])}
	case len(k.set.interfaces) > 1:
		return usageError{errors.New("kernel: one datagram leaves via one interface: give -i once")}
	}
	k.op = kernel.Op(args[0])
	if len(args) == 1 {
		return nil
	}
	k.typed = args[1]
	name, port, err := splitHostPort(k.typed)
	if err != nil {
		return usageError{fmt.Errorf("kernel %s %q: %w", k.op, k.typed, err)}
	}
	found, err := probe.Lookup(ctx, name, probe.AnyFamily)
	if err != nil {
		return fmt.Errorf("kernel %s %s: %w", k.op, name, err)
	}
	if found[0].IsUnspecified() {
		return usageError{fmt.Errorf("kernel %s %s: not the address of a host; this host is 127.0.0.1 or ::1", k.op, name)}
	}
	k.target = netip.AddrPortFrom(found[0], port)
	return nil
}

func (k *kernelCommand) run(ctx context.Context) error {
	if k.recorded {
		k.tell(kernel.Recorded(k.op, k.target.Addr().Is6()), true)
		return nil
	}
	c, err := k.config()
	if err != nil {
		return &mcast.OpError{Op: "kernel " + string(k.op), Target: k.target.String(), Err: err}
	}
	p, err := kernel.Run(ctx, c)
	switch {
	case errors.Is(err, fs.ErrPermission), errors.Is(err, errors.ErrUnsupported),
		errors.Is(err, kernel.ErrNoTracefs), errors.Is(err, kernel.ErrBusy), errors.Is(err, kernel.ErrNothingSeen):
		k.tell(kernel.Recorded(k.op, k.target.Addr().Is6()), true)
		return &mcast.Advised{Err: err, Advice: k.advice(err)}
	case err != nil:
		return &mcast.Advised{Err: err, Advice: k.advice(err)}
	}
	k.tell(p, false)
	switch {
	case p.Err != nil:
		return &mcast.OpError{Op: "kernel " + string(k.op), Target: k.target.String(), Err: p.Err}
	case len(lostBy(p)) > 0:
		return status(exitDoubt)
	}
	return nil
}

// lostBy are the drops that lost the datagram for somebody.
func lostBy(p kernel.Path) (list []kernel.Drop) {
	for _, d := range p.Drops() {
		if !d.NotForHost() {
			list = append(list, d)
		}
	}
	return list
}

// config chooses the way out by -i and by the zone of the target.
func (k *kernelCommand) config() (kernel.Config, error) {
	c := kernel.Config{Op: k.op, Target: k.target}
	name := k.target.Addr().Zone()
	if len(k.set.interfaces) > 0 && k.set.interfaces[0] != host.KernelDefault {
		if name != "" {
			return c, host.ErrZoneElsewhere
		}
		name = k.set.interfaces[0]
	}
	if name == "" {
		return c, nil
	}
	list, err := host.Interfaces()
	if err != nil {
		return c, err
	}
	i, err := host.Find(list, name)
	if err != nil {
		return c, err
	}
	c.IfIndex = i.Index
	if a, err := netip.ParseAddr(name); err == nil {
		c.Source = a.Unmap().WithZone("")
	}
	return c, nil
}

// advice is what to do where the kernel cannot be traced.
func (k *kernelCommand) advice(err error) string {
	target := chat.CleanRow(k.typed)
	switch {
	case errors.Is(err, fs.ErrPermission):
		if _, ok := lab.InHost(); ok {
			return "the kernel of a lab is traced if root has built the lab: sudo groupcast lab up NAME"
		}
		return fmt.Sprintf("trace it as root: sudo groupcast kernel %s %s", k.op, target)
	case errors.Is(err, kernel.ErrNothingSeen):
		return "a container has its own numbers for threads, which the kernel's trace does not use: trace outside of it"
	case errors.Is(err, kernel.ErrBusy):
		return "another program is changing its tracing right now: try it again"
	}
	return fmt.Sprintf("the recorded run shows it: groupcast kernel %s --recorded %s", k.op, target)
}
