package doctor

import (
	"errors"
	"fmt"

	"github.com/groupcast/groupcast/mcast"
)

// fine is the finding of a rule that sees no pitfall; the evidence is the fact
// that shows it.
func fine(name, evidence string) []Finding {
	return []Finding{{Name: name, Verdict: OK, Title: "no sign of " + name, Evidence: evidence, Hints: []string{}}}
}

// unknown is the finding of a rule that lacks a fact. The hints say how the fact
// could be had.
func unknown(name, why string, hints ...string) []Finding {
	return []Finding{{
		Name: name, Verdict: Unknown, Title: "cannot say whether " + name + " happens",
		Evidence: why, Hints: append([]string{}, hints...),
	}}
}

// Hints of unknown, where a fact cannot be read.
const (
	byProbing  = "groupcast doctor --probe sends a few datagrams and looks what becomes of them"
	byWatching = "groupcast doctor --watch 30s tells whether it grows"
)

const noInterfaces = "the interfaces are not known"

// unread says why the facts of an origin are not known.
func (f Facts) unread(from Origin) string {
	if err := f.Unread[from]; err != nil {
		return fmt.Sprintf("cannot read %s: %s", from, reason(err))
	}
	return fmt.Sprintf("nobody has read %s", from)
}

// unsent is the finding of a rule about sending when [Facts.egress] knows no
// interface.
func (f Facts) unsent(name string, in Intent) []Finding {
	switch {
	case f.Interfaces == nil:
		return unknown(name, noInterfaces)
	case in.Send != 0:
		return unknown(name, fmt.Sprintf("sends are to leave by %s, which is not there", in.nameOf(in.Send)))
	case f.Send.Err != nil:
		return unknown(name, "there is no interface that sends would leave by: "+reason(f.Send.Err))
	case f.Send.Route.IfIndex != 0:
		return unknown(name, fmt.Sprintf("sends would leave by #%d, which is not there", f.Send.Route.IfIndex))
	}
	return unknown(name, "it is not known where sends would leave: "+f.unread(FromRoutes))
}

// reason is the innermost error: the kernel's own word.
func reason(err error) string {
	if op, ok := errors.AsType[*mcast.OpError](err); ok {
		return op.Err.Error()
	}
	return err.Error()
}
