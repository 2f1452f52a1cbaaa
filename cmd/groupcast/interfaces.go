package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/session"
)

func newInterfaces(set *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "interfaces [GROUP[:PORT]]",
		Aliases: []string{"if"},
		Short:   "Show every interface, and where the kernel would join and send",
		Long: `Show every interface of this host with its state and addresses. For a group, show also where the kernel would join it
and send to it for a program that names no interface, with the route that decides. It sends nothing.`,
		Args:              oneGroup,
		ValidArgsFunction: completeGroups,
		RunE: func(cmd *cobra.Command, args []string) error {
			groups, err := set.groups(cmd, args)
			if err != nil {
				return err
			}
			return showInterfaces(cmd.OutOrStdout(), groups[0], set)
		},
	}
	set.has(cmd, "family", "interface", "json")
	return cmd
}

func showInterfaces(out io.Writer, g mcast.Group, set *settings) error {
	facts, err := doctor.GatherRoutes(g)
	if err != nil {
		return err
	}
	c, err := host.Choose(facts.Interfaces, set.interfaces, g.Addr)
	if err != nil && !errors.Is(err, host.ErrNothingUsable) {
		return err
	}
	in := intentOf(g, c, facts.Join, set)
	if alone(facts.Interfaces) { // which the list shows
		in.Wanted = c.Joins
	}
	findings := doctor.Seen(doctor.Diagnose(facts, in))
	if set.json {
		interfacesJSON(out, g, facts, findings)
	} else {
		interfacesText(out, g, facts)
		fmt.Fprintf(out, "\n%s\n", chat.Clean(choiceText(g, c)))
		for _, f := range findings {
			writeFinding(out, f)
		}
	}
	if len(findings) > 0 {
		return status(exitDoubt)
	}
	return nil
}

func interfacesText(out io.Writer, g mcast.Group, facts doctor.Facts) {
	igmp, _ := host.Joined(facts.Interfaces, g.Addr.Is4())
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "INTERFACE\tINDEX\tSTATE\tADDRESSES\tMTU\tMULTICAST\tIGMP")
	for _, i := range facts.Interfaces {
		version := "-"
		if v := igmp[i.Index]; v > 0 {
			version = fmt.Sprintf("v%d", v)
		}
		multicast := "no"
		if i.Flags&net.FlagMulticast != 0 {
			multicast = "yes"
		}
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%d\t%s\t%s\n", chat.Clean(i.Name), i.Index, state(i), addresses(i), i.MTU, multicast, version)
	}
	t.Flush()
	fmt.Fprintf(out, "\n%s, for a program that names no interface:\n", g.Label())
	fmt.Fprintf(out, "  a join lands on   %s\n", chat.Clean(answerText(facts.Join)))
	fmt.Fprintf(out, "  a send leaves by  %s\n", chat.Clean(answerText(facts.Send)))
}

func answerText(a doctor.RouteResult) string {
	if a.Err != nil {
		return "nothing: " + mcast.Reason(a.Err)
	}
	e := session.EgressOf(a, "")
	text := e.Interface
	if e.Source.IsValid() {
		text += ", source " + e.Source.String()
	}
	return text + ": " + e.Because
}

// jsonInterface is an interface as --json prints it. Fields are only added.
type jsonInterface struct {
	jsonHead           // interface
	Interface string   `json:"interface"`
	IfIndex   int      `json:"ifindex"`
	State     string   `json:"state"`
	Addresses []string `json:"addresses"`
	MTU       int      `json:"mtu"`
	Multicast bool     `json:"multicast"`
	Usable    bool     `json:"usable"`         // joined when no interface is named
	IGMP      int      `json:"igmp,omitempty"` // version
}

// jsonRoute is the kernel's answer for a program that names no interface.
type jsonRoute struct {
	jsonHead         // join, send
	Group     string `json:"group"`
	Interface string `json:"interface,omitempty"`
	IfIndex   int    `json:"ifindex,omitempty"`
	Source    string `json:"source,omitempty"`
	Because   string `json:"because,omitempty"`
	Error     string `json:"error,omitempty"`
}

func interfacesJSON(out io.Writer, g mcast.Group, facts doctor.Facts, findings []doctor.Finding) {
	igmp, _ := host.Joined(facts.Interfaces, g.Addr.Is4())
	for _, i := range facts.Interfaces {
		o := jsonInterface{
			jsonHead: headOf("interface"), Interface: chat.Clean(i.Name), IfIndex: i.Index, State: state(i), Addresses: []string{}, MTU: i.MTU,
			Multicast: i.Flags&net.FlagMulticast != 0, Usable: i.Usable(g.Addr), IGMP: igmp[i.Index],
		}
		for _, a := range i.Addrs {
			o.Addresses = append(o.Addresses, a.String())
		}
		writeJSON(out, o)
	}
	writeJSON(out, routeObject("join", g, facts.Join))
	writeJSON(out, routeObject("send", g, facts.Send))
	for _, f := range findings {
		writeJSON(out, objectOf(f))
	}
}

func routeObject(what string, g mcast.Group, a doctor.RouteResult) jsonRoute {
	if a.Err != nil {
		return jsonRoute{jsonHead: headOf(what), Group: g.String(), Error: mcast.Reason(a.Err)}
	}
	e := session.EgressOf(a, "")
	return jsonRoute{
		jsonHead: headOf(what), Group: g.String(), Interface: chat.Clean(e.Interface), IfIndex: e.IfIndex,
		Source: addrText(e.Source), Because: e.Because,
	}
}
