package kernel

import (
	"errors"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Op is the call that is traced.
type Op string

// The calls.
const (
	Send    Op = "send"    // sendmsg(2) of one datagram
	Connect Op = "connect" // connect(2) of a UDP socket
)

// Stage is what a step of a path is.
type Stage string

// The stages, in the order of a send to a group with a member on both hosts.
const (
	StageRoute     Stage = "route"     // the interface is chosen
	StageNeighbour Stage = "neighbour" // ARP or NDP: the datagram waits for a link address
	StageOwnCopy   Stage = "own copy"  // the loopback copy is made, and queued on this host
	StageQueue     Stage = "leaves"    // the datagram is given to the interface's queue
	StageDriver    Stage = "driver"    // the queue gives it to the driver
	StageArrives   Stage = "arrives"   // the other end of a veth, or lo, has it in its queue
	StageReceives  Stage = "receives"  // an interface's queue hands it to IP, or to a bridge
	StageForwards  Stage = "forwards"  // a bridge or a router passes it on
	StageChecks    Stage = "checks"    // the receiving host looks up the route, to or back to the source
	StageSocket    Stage = "socket"    // a socket has it, and its owner is woken
	StageDrop      Stage = "dropped"
	StageRefused   Stage = "refused" // the call returns an error
)

// Copy tells the two copies of a datagram to a group apart.
type Copy string

// The copies.
const (
	NoCopy   Copy = ""     // not yet a buffer
	OwnCopy  Copy = "own"  // the loopback copy, another buffer (skb) than the datagram that leaves
	WireCopy Copy = "wire" // the datagram that leaves
)

// Step is one event of the path.
type Step struct {
	At        time.Duration // since the first event; includes the tracing
	Stage     Stage
	Copy      Copy
	Event     string   // net_dev_queue
	Function  string   // in which the event lies: __dev_queue_xmit
	Interface string   // as it is called where it is; "" if the event has none
	Size      int      // octets: with the Ethernet header in a queue (IP + 14), without it on arrival; 0 if the event has none
	Buffer    string   // the kernel's address of the buffer, hashed by the kernel; used again for another after it is freed
	Source    string   // of a route: as asked, 0.0.0.0 while none is chosen
	Dest      string   // of a route
	Given     bool     // of a route: looked up for an interface that the program has chosen; IPv4 needs no route then
	Drop      *Drop    // of StageDrop
	Errno     int      // of StageRefused and of a route that was not found, positive
	Softirq   bool     // not in the call itself: in the receive that follows it, on the same thread
	Stack     []string // the outermost function first; of a softirq, its own part only
}

// Drop is a datagram that the kernel freed without delivering it.
type Drop struct {
	Reason   string // IP_RPFILTER, as the kernel's list of reasons has it
	Function string // in which it was dropped: ip_rcv_finish_core
	To       string // address and port of the socket whose buffer was full; else ""
}

// Path is the way of one datagram, or of one connect.
type Path struct {
	Op     Op
	Target netip.AddrPort
	Source netip.Addr // of the datagram; invalid if not known
	Size   int        // octets of payload
	Steps  []Step

	Err     error // of the call
	Kernel  string
	Date    time.Time // of the trace
	Foreign int       // events of other datagrams, which this thread handled meanwhile
	Skipped int       // lines of the trace that could not be read
	Overrun int       // events that were lost because the buffer was full
	Missing []string  // events that this kernel does not have
}

// Drops returns the drops in their order.
func (p Path) Drops() (list []Drop) {
	for _, s := range p.Steps {
		if s.Drop != nil {
			list = append(list, *s.Drop)
		}
	}
	return list
}

// Left reports whether an interface's queue was given the datagram.
func (p Path) Left() bool { return p.has(StageQueue, WireCopy) }

// Looped reports whether a loopback copy was made.
func (p Path) Looped() bool { return p.has(StageOwnCopy, OwnCopy) }

// Delivered is how many sockets were given that copy on this thread.
func (p Path) Delivered(c Copy) (n int) {
	for _, s := range p.Steps {
		if s.Stage == StageSocket && s.Copy == c {
			n++
		}
	}
	return n
}

func (p Path) has(stage Stage, c Copy) bool {
	return slices.ContainsFunc(p.Steps, func(s Step) bool { return s.Stage == stage && s.Copy == c })
}

// returned ends the path with the error of the call, if it is one.
func (p *Path) returned(err error) {
	p.Err = err
	no, ok := errors.AsType[syscall.Errno](err)
	if !ok {
		return
	}
	s := Step{Stage: StageRefused, Errno: int(no)}
	if n := len(p.Steps); n > 0 {
		s.At = p.Steps[n-1].At
	}
	p.Steps = append(p.Steps, s)
}

// Octets of headers.
const (
	udpHeader      = 8
	ipv4Header     = 20
	ipv6Header     = 40
	ethernetHeader = 14
)

// Follow orders the events of one call of a thread into the path of its datagram:
// a payload of size octets to that target. Events of other datagrams, which the
// thread handled meanwhile in a softirq, are counted in Foreign.
//
// The datagram is known by the stack, where the event lies in the call itself,
// then by its buffer, and by its length where a bridge has copied the buffer.
// So a length that others do not use makes it certain.
func Follow(op Op, target netip.AddrPort, size int, events []Event) Path {
	p := Path{Op: op, Target: target, Size: size}
	f := follower{path: &p, copies: map[string]Copy{}, at: map[string]string{}, ipLen: ipLength(size, target.Addr().Is6() && !target.Addr().Is4In6())}
	for _, e := range events {
		if f.first == 0 {
			f.first = e.At
		}
		if !f.event(e) {
			p.Foreign++
		}
	}
	return p
}

// follower walks over the events.
type follower struct {
	path   *Path
	first  time.Duration
	ipLen  int
	copies map[string]Copy   // of the buffers that are the datagram's
	at     map[string]string // the interface that was last seen with each
	last   string            // the interface of the receive that goes on
	left   bool              // the datagram has been queued
	handed Copy              // the copy that the receive, which goes on, is of
	full   string            // the socket that had no room, until the drop follows
}

// event takes one event, and reports whether it belongs to the datagram.
func (f *follower) event(e Event) bool {
	own, softirq := inner(e.Stack)
	s := Step{At: e.At - f.first, Event: e.Name, Function: e.function(), Softirq: softirq, Stack: outermostFirst(own)}
	switch e.Name {
	case "fib_table_lookup", "fib6_table_lookup":
		return f.route(e, s, own)
	case "netif_rx", "netif_receive_skb":
		return f.arrives(e, s, own)
	case "net_dev_queue", "net_dev_start_xmit":
		return f.queued(e, s, own)
	case "kfree_skb":
		return f.dropped(e, s, own)
	case "sk_data_ready":
		if f.handed == NoCopy || !softirq || e.Field("protocol") != "17" {
			return false
		}
		s.Stage, s.Copy, s.Interface = StageSocket, f.handed, f.last
	case "udp_fail_queue_rcv_skb":
		if f.handed == NoCopy {
			return false
		}
		f.full = e.Field("dest")
		return true
	default:
		return false
	}
	f.add(s)
	return true
}

func (f *follower) add(s Step) { f.path.Steps = append(f.path.Steps, s) }

// route is a lookup of a route: in the call to choose the interface, in a receive
// to see whether the way back to the source leads there too.
func (f *follower) route(e Event, s Step, own []string) bool {
	switch {
	case has(own, "___neigh_create", "__neigh_event_send", "arp_process", "icmp_send", "__icmp_send", "icmp_reply"):
		return !s.Softirq
	case !s.Softirq:
		s.Stage = StageRoute
	case f.handed != NoCopy && hasPrefix(own, "fib_validate_source", "__fib_validate_source", "ip_mc_validate_source", "ip_route_input", "ip_rcv_finish", "ip6_route_input", "ip6_rcv_finish") && !has(own, "fib_compute_spec_dst"):
		s.Stage, s.Copy = StageChecks, f.handed
	default:
		return f.handed != NoCopy // for a socket that asks by IP_PKTINFO
	}
	s.Given = e.word("oif ") != "0"
	if dev := e.word("==> dev "); dev != "-" {
		s.Interface = dev
	}
	// "... proto 17 0.0.0.0/44512 -> 239.1.2.3/5000 tos 0 ..."
	before, after, _ := strings.Cut(e.Fields, " -> ")
	s.Source = address(before[strings.LastIndexByte(before, ' ')+1:])
	s.Dest = address(after)
	if n, err := strconv.Atoi(e.word("err ")); err == nil && n < 0 {
		s.Errno = -n
	}
	f.add(s)
	return true
}

// address is the address of "10.9.0.10/5000 tos ...", or "".
func address(text string) string {
	text, _, _ = strings.Cut(text, "/")
	if a, err := netip.ParseAddr(text); err == nil {
		return a.String()
	}
	return ""
}

// arrives is a buffer on its way in, on this host or, over a veth, on another.
func (f *follower) arrives(e Event, s Step, own []string) bool {
	f.fill(&s, e)
	if s.Copy == NoCopy && f.left && s.Size == f.ipLen {
		s.Copy = WireCopy
	}
	switch {
	case !s.Softirq && e.Name == "netif_rx" && has(own, "dev_loopback_xmit"), s.Copy == OwnCopy && e.Name == "netif_rx":
		s.Stage, s.Copy = StageOwnCopy, OwnCopy
	case s.Copy != NoCopy && e.Name == "netif_rx":
		s.Stage = StageArrives
	case s.Copy != NoCopy:
		s.Stage = StageReceives
	default:
		if e.Name == "netif_receive_skb" {
			f.handed = NoCopy
		}
		return false
	}
	if e.Name == "netif_receive_skb" {
		f.handed, f.last = s.Copy, s.Interface
	}
	f.copies[s.Buffer], f.at[s.Buffer] = s.Copy, s.Interface
	f.add(s)
	return true
}

// queued is a buffer that an interface's queue or its driver is given.
func (f *follower) queued(e Event, s Step, own []string) bool {
	f.fill(&s, e)
	fits := s.Size == f.ipLen || s.Size == f.ipLen+ethernetHeader
	switch {
	case has(own, "arp_xmit", "ndisc_send_skb"):
		if s.Softirq || e.Name != "net_dev_queue" {
			return false
		}
		s.Stage, s.Copy = StageNeighbour, NoCopy
		f.add(s)
		return true
	case e.Name == "net_dev_start_xmit" && s.Copy == WireCopy:
		s.Stage = StageDriver
	case e.Name == "net_dev_queue" && fits && !f.left:
		s.Stage, s.Copy = StageQueue, WireCopy
		f.left = true
	case e.Name == "net_dev_queue" && fits && s.Softirq:
		s.Stage, s.Copy = StageForwards, WireCopy
	default:
		return false
	}
	f.copies[s.Buffer], f.at[s.Buffer] = WireCopy, s.Interface
	f.add(s)
	return true
}

// dropped is a buffer that is freed for a reason.
func (f *follower) dropped(e Event, s Step, own []string) bool {
	f.fill(&s, e)
	before := !s.Softirq && !f.left && !has(own, "__neigh_event_send", "arp_xmit")
	if s.Copy == NoCopy && !before {
		return false
	}
	s.Stage = StageDrop
	s.Drop = &Drop{Reason: reasonOf(e), Function: droppedIn(e), To: f.full}
	s.Function, s.Interface, f.full = s.Drop.Function, f.at[s.Buffer], ""
	delete(f.copies, s.Buffer)
	f.add(s)
	return true
}

func (f *follower) fill(s *Step, e Event) {
	s.Buffer = strings.TrimLeft(e.Field("skbaddr"), "0")
	s.Interface = e.Field("dev")
	s.Size, _ = strconv.Atoi(e.Field("len"))
	s.Copy = f.copies[s.Buffer]
}

// softirqs are the functions between a call and the receives that it runs before
// it returns.
var softirqs = []string{"process_backlog", "__napi_poll", "napi_poll", "net_rx_action", "handle_softirqs", "__do_softirq", "do_softirq"}

// inner returns the frames that belong together: those of a softirq, or all.
func inner(stack []string) (own []string, softirq bool) {
	if i := slices.IndexFunc(stack, func(frame string) bool { return slices.Contains(softirqs, frame) }); i >= 0 {
		return stack[:i], true
	}
	return stack, false
}

func has(stack []string, names ...string) bool {
	return slices.ContainsFunc(stack, func(frame string) bool { return slices.Contains(names, frame) })
}

func hasPrefix(stack []string, prefixes ...string) bool {
	return slices.ContainsFunc(stack, func(frame string) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(frame, p) })
	})
}

// outermostFirst turns a stack round, without what every call begins with.
func outermostFirst(stack []string) []string {
	out := make([]string, 0, len(stack))
	for _, frame := range slices.Backward(stack) {
		if strings.HasPrefix(frame, "entry_SYSCALL") || strings.HasPrefix(frame, "do_syscall") || strings.HasPrefix(frame, "__x64_sys_") ||
			strings.HasPrefix(frame, "__arm64_sys_") || strings.HasPrefix(frame, "el0") || strings.HasPrefix(frame, "invoke_syscall") {
			continue
		}
		out = append(out, frame)
	}
	return out
}

// Callers are the last n functions that lead to the event, the outermost first,
// without those that only look it up, free it or hand it on under another name.
func (s Step) Callers(n int) []string {
	list := slices.DeleteFunc(slices.Clone(s.Stack), func(frame string) bool {
		return frame == s.Event || has(freeing, frame) || strings.HasSuffix(frame, "_rcu") ||
			s.Event == "netif_rx" && strings.Contains(frame, "netif_rx") || s.Event == "netif_receive_skb" && frame == "__netif_receive_skb_core" ||
			strings.HasPrefix(frame, "___sys_") || strings.HasPrefix(frame, "____sys_")
	})
	return list[max(0, len(list)-n):]
}
