package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"sync"
	"text/tabwriter"

	"github.com/charmbracelet/x/ansi"
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
		fmt.Fprintln(out)
		writeRow(out, "", "  ", chat.Clean(choiceText(g, c)))
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
	table := interfacesTable(facts.Interfaces, igmp, false)
	if isTerminal(out) && widest(table) > rowColumns(out) {
		table = interfacesTable(facts.Interfaces, igmp, true)
	}
	fmt.Fprint(out, table)
	fmt.Fprintf(out, "\n%s, for a program that names no interface:\n", g.Label())
	writeRow(out, "  a join lands on   ", "    ", chat.Clean(answerText(facts.Join)))
	writeRow(out, "  a send leaves by  ", "    ", chat.Clean(answerText(facts.Send)))
}

// interfacesTable is a row for each interface; narrow: with a row for each further address.
func interfacesTable(interfaces []host.Interface, igmp map[int]int, narrow bool) string {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "INTERFACE\tINDEX\tSTATE\tADDRESSES\tMTU\tMULTICAST\tIGMP")
	for _, i := range interfaces {
		version := "-"
		if v := igmp[i.Index]; v > 0 {
			version = fmt.Sprintf("v%d", v)
		}
		multicast := "no"
		if i.Flags&net.FlagMulticast != 0 {
			multicast = "yes"
		}
		first, further := addresses(i), []string(nil)
		if narrow {
			further = strings.Fields(first)
			first, further = further[0], further[1:]
		}
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%d\t%s\t%s\n", chat.Clean(i.Name), i.Index, state(i), first, i.MTU, multicast, version)
		for _, a := range further {
			fmt.Fprintf(t, "\t\t\t%s\t\t\t\n", a)
		}
	}
	t.Flush()
	return trailing().ReplaceAllString(b.String(), "")
}

// trailing are the blanks that a table has at the ends of its lines.
var trailing = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m) +$`) })

// widest is how many cells the widest line has.
func widest(text string) (cells int) {
	for line := range strings.Lines(text) {
		cells = max(cells, ansi.WcWidth.StringWidth(strings.TrimRight(line, " \n")))
	}
	return cells
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
