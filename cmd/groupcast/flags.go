package main

import (
	"fmt"
	"io"
	"net/netip"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/spf13/cobra"
)

// settings are the flags that mean the same to every command that has them.
// A command has those that do something there.
type settings struct {
	interfaces []string
	source     netip.Addr
	ttl        int
	loopback   bool
	json       bool
	quiet      bool
	trace      bool
	ip4, ip6   bool

	multicastAll bool

	passphrase *environmentSecret // of the environment; nil: there is none
}

// has gives a command flags of the settings.
func (set *settings) has(cmd *cobra.Command, names ...string) {
	flags := cmd.Flags()
	for _, name := range names {
		switch name {
		case "interface":
			flags.StringSliceVarP(&set.interfaces, name, "i", nil, "join on the interface `NAME|INDEX|ADDRESS`, and send out of it; several: join on each, send out of the first; an address is the source of sends, too; \"default\": the kernel chooses")
			alias(flags, name, "", "I")
			cmd.RegisterFlagCompletionFunc(name, completeInterfaces)
		case "source":
			flags.Var((*addrValue)(&set.source), name, "send from this source `ADDRESS` of this host (-i ADDRESS chooses the interface, too)")
			cmd.RegisterFlagCompletionFunc(name, completeAddresses)
		case "ttl":
			flags.IntVar(&set.ttl, name, 1, "TTL (IPv6: hop limit) of sent datagrams, 0 to 255")
			alias(flags, name, "hops", "")
		case "loopback":
			flags.BoolVar(&set.loopback, name, true, "let members on this host receive what is sent: the loopback copy (IP_MULTICAST_LOOP)")
		case "multicast-all":
			flags.BoolVar(&set.multicastAll, name, false, "receive groups that other programs have joined, too: the default of sockets on Linux (IP_MULTICAST_ALL)")
		case "json":
			flags.BoolVar(&set.json, name, false, "print one JSON object per line")
		case "quiet":
			flags.BoolVarP(&set.quiet, name, "q", false, "print no remarks, only results and errors")
		case "trace":
			flags.BoolVar(&set.trace, name, false, "print the calls on sockets to standard error, in the manner of strace")
		case "family":
			familyFlags(flags, &set.ip4, &set.ip6)
		default:
			panic("no such flag of the settings: " + name)
		}
	}
}

// choose chooses interfaces and the source of sends by the flags.
func (set *settings) choose(list []host.Interface, group netip.Addr) (host.Choice, error) {
	c, err := host.Choose(list, set.interfaces, group)
	if err != nil || !set.source.IsValid() {
		return c, err
	}
	return c.From(list, set.source, group)
}

// tracer tells every call on a socket on errs, a line each, if --trace asks
// for it.
func (set *settings) tracer(errs io.Writer) *mcast.Trace {
	if !set.trace {
		return nil
	}
	return &mcast.Trace{Call: func(c mcast.Call) { fmt.Fprintln(errs, chat.Clean(c.String())) }}
}

func atMost(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > n {
			return usageError{fmt.Errorf("%q: one argument too many", args[n])}
		}
		return nil
	}
}

// completeAddresses offers the addresses of this host.
func completeAddresses(*cobra.Command, []string, string) (out []string, _ cobra.ShellCompDirective) {
	list, _ := host.Interfaces()
	for _, i := range list {
		for _, p := range i.Addrs {
			out = append(out, p.Addr().String()+"\ton "+chat.Clean(i.Name))
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// completeInterfaces offers the interfaces of this host with their addresses.
func completeInterfaces(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	list, _ := host.Interfaces()
	out := []string{host.KernelDefault + "\tas the kernel chooses"}
	for _, i := range list {
		out = append(out, chat.Clean(i.Name)+"\t"+state(i)+" "+addresses(i))
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}
