package ends

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/doctor"
	"github.com/groupcast/groupcast/mcast/host"
)

// ErrVersion is that facts are of a version that is not known.
var ErrVersion = errors.New("facts of another version of groupcast")

// ErrFacts is that facts are not what an end tells: each value has a range.
var ErrFacts = errors.New("facts that cannot be read")

const factsVersion = 1

// Bounds of what is told.
const (
	mostInterfaces = 32
	mostAddrs      = 8
	mostSettings   = 64
	mostVerdicts   = 64
)

// The wire has no names of programs, users and other members, and of the groups that
// are joined the one that it is about.
type endWire struct {
	Version    uint64            `cbor:"1,keyasint"`
	Group      []byte            `cbor:"2,keyasint"` // address
	Port       uint16            `cbor:"3,keyasint"`
	Interfaces []interfaceWire   `cbor:"4,keyasint"`
	Join       *routeWire        `cbor:"5,keyasint,omitempty"`
	Send       *routeWire        `cbor:"6,keyasint,omitempty"`
	Back       *routeWire        `cbor:"7,keyasint,omitempty"` // to the asker
	By         []routeWire       `cbor:"8,keyasint,omitempty"`
	Joined     []int             `cbor:"9,keyasint,omitempty"`
	Sends      int               `cbor:"10,keyasint,omitempty"`
	Hops       int               `cbor:"11,keyasint"`
	Loopback   bool              `cbor:"12,keyasint"`
	Users      [][3]int          `cbor:"13,keyasint,omitempty"` // of the group: interface, version of IGMP, sockets
	Settings   map[string]int    `cbor:"14,keyasint,omitempty"`
	Grown      map[string]uint64 `cbor:"15,keyasint,omitempty"`
	For        uint64            `cbor:"16,keyasint,omitempty"` // ms
	Firewall   []uint64          `cbor:"17,keyasint,omitempty"` // 1 in, 2 out: a chain drops something there
	Findings   []findingWire     `cbor:"18,keyasint,omitempty"`
	Seen       seenWire          `cbor:"19,keyasint"`
	Holders    [][2]uint64       `cbor:"20,keyasint,omitempty"` // of the ports: port, drops
	Buffer     [2]int            `cbor:"21,keyasint"`           // granted, asked for
	Refused    uint64            `cbor:"22,keyasint,omitempty"`
}

type interfaceWire struct {
	_     struct{} `cbor:",toarray"`
	Index int
	Name  string
	Flags uint64
	MTU   int
	Addrs []addrWire
	Kind  string
	Oper  string
	Sent  uint64
	Drops uint64 // that were not sent, with those of its queue
}

type addrWire struct {
	_    struct{} `cbor:",toarray"`
	Addr []byte
	Bits int
}

type routeWire struct {
	_       struct{} `cbor:",toarray"`
	By      int      // that it was asked for
	IfIndex int
	Source  []byte
	Loops   bool
	Found   bool
	Dst     addrWire
	Gateway []byte
	Table   int
	Err     uint64 // see errno
}

type findingWire struct {
	_         struct{} `cbor:",toarray"`
	Name      string
	Failure   bool
	Interface string
}

type seenWire struct {
	_               struct{} `cbor:",toarray"`
	Here            bool
	From            []byte
	IfIndex, Hops   int
	LostIn, LostOut int // per mille + 1; 0: not known
	Hears, Deaf     bool
	Chosen          bool
	Others          []int
	Group, Alone    uint64
}

var errnos = []syscall.Errno{
	syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.EACCES, syscall.EINVAL, syscall.EADDRNOTAVAIL, syscall.ENETDOWN, syscall.ENODEV, syscall.EPERM, syscall.ENOBUFS,
}

// counters are those of the kernel that the doctor looks at, and by how much they grew is
// told.
var counters = []string{
	"Ip.ForwDatagrams", "Ip.InAddrErrors", "Ip.InDelivers", "Ip.InDiscards", "Ip.InHdrErrors", "Ip.InReceives", "Ip.InUnknownProtos",
	"Ip.OutDiscards", "Ip.OutRequests", "Ip.OutTransmits", "Ip.ReasmFails", "Ip.ReasmReqds",
	"Ip6.InDelivers", "Ip6.InMcastPkts", "Ip6.OutDiscards", "Ip6.OutRequests", "Ip6.OutTransmits", "Ip6.ReasmFails",
	"IpExt.InBcastPkts", "IpExt.InCsumErrors", "IpExt.InMcastPkts", "IpExt.InNoRoutes", "IpExt.InTruncatedPkts", "IpExt.OutMcastPkts",
	"TcpExt.IPReversePathFilter", "Udp.IgnoredMulti", "Udp.InCsumErrors", "Udp.InDatagrams", "Udp.NoPorts", "Udp.SndbufErrors",
	"Udp6.IgnoredMulti", "Udp6.InCsumErrors", "Udp6.InDatagrams", "Udp6.SndbufErrors",
}

var errOther = errors.New("another error")

var (
	encoder = must(cbor.CoreDetEncOptions().EncMode())
	decoder = must(cbor.DecOptions{
		DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden,
		MaxNestedLevels: 6, MaxArrayElements: 64, MaxMapPairs: mostSettings,
	}.DecMode())
)

func must[T any](mode T, err error) T {
	if err != nil {
		panic(err) // options that contradict each other
	}
	return mode
}

// Encode writes what an end tells, the same bytes of the same facts.
func Encode(e *End) ([]byte, error) {
	f, in := &e.Facts, &e.Intent
	w := endWire{
		Version: factsVersion, Group: raw(in.Group.Addr), Port: in.Group.Port,
		Join: routeOf(0, f.Join), Send: routeOf(0, f.Send),
		Joined: in.Joined[:min(len(in.Joined), mostInterfaces)], Sends: in.Send, Hops: in.Hops, Loopback: in.Loopback,
		Settings: map[string]int{}, Grown: map[string]uint64{}, For: uint64(max(0, f.Observed.For.Milliseconds())),
		Seen: e.Seen.wire(), Buffer: [2]int{in.ReadBuffer, in.Asked}, Refused: errno(e.Refused),
	}
	uses := slices.Concat(in.Joined, []int{in.Send, f.Send.Route.IfIndex})
	list := slices.Clone(f.Interfaces)
	slices.SortStableFunc(list, func(a, b host.Interface) int { // those that matter come before the bound
		return b2i(slices.Contains(uses, b.Index)) - b2i(slices.Contains(uses, a.Index))
	})
	for _, i := range list[:min(len(list), mostInterfaces)] {
		x := interfaceWire{Index: i.Index, Name: i.Name, Flags: uint64(i.Flags), MTU: i.MTU, Addrs: []addrWire{}}
		for _, p := range i.Addrs[:min(len(i.Addrs), mostAddrs)] {
			x.Addrs = append(x.Addrs, prefixOf(p))
		}
		if l, ok := f.Links[i.Index]; ok {
			x.Kind, x.Oper, x.Sent, x.Drops = l.Kind, l.OperState, l.Sent, l.SendDrops+l.QueueDrops
		}
		w.Interfaces = append(w.Interfaces, x)
		if by, ok := f.By[i.Index]; ok {
			w.By = append(w.By, *routeOf(i.Index, by))
		}
		for _, leaf := range []string{"ipv4.conf." + i.Name + ".rp_filter", "ipv4.conf." + i.Name + ".force_igmp_version", "ipv6.conf." + i.Name + ".disable_ipv6"} {
			addSetting(&w, f.Settings, "net."+leaf)
		}
	}
	for _, key := range []string{"net.ipv4.conf.all.rp_filter", "net.ipv4.conf.all.mc_forwarding", "net.ipv4.ip_forward", "net.ipv4.igmp_max_memberships", "net.core.rmem_max"} {
		addSetting(&w, f.Settings, key)
	}
	if r, ok := f.Back[e.Seen.From]; ok && e.Seen.From.IsValid() {
		w.Back = routeOf(0, r)
	}
	for _, g := range f.Groups[:min(len(f.Groups), mostInterfaces)] {
		w.Users = append(w.Users, [3]int{g.Index, g.Version, g.Users(in.Group.Addr.WithZone(""))})
	}
	for _, key := range counters {
		if v, ok := f.Observed.Grown[key]; ok {
			w.Grown[key] = v
		}
	}
	for _, c := range f.Firewall {
		hook := uint64(2)
		if c.In {
			hook = 1
		}
		if !slices.Contains(w.Firewall, hook) {
			w.Firewall = append(w.Firewall, hook)
		}
	}
	if e.FirewallIn && !slices.Contains(w.Firewall, 1) {
		w.Firewall = append(w.Firewall, 1)
	}
	for _, s := range f.Sockets {
		if p := s.Local.Port(); (p == in.Group.Port || p == in.Group.Port+1) && len(w.Holders) < mostInterfaces {
			w.Holders = append(w.Holders, [2]uint64{uint64(p), f.Observed.Drops[s.Inode]})
		}
	}
	for _, found := range doctor.Seen(e.Findings) {
		if len(w.Findings) < mostVerdicts {
			w.Findings = append(w.Findings, findingWire{Name: found.Name, Failure: found.Verdict == doctor.Failure, Interface: found.Interface})
		}
	}
	return encoder.Marshal(w)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func addSetting(w *endWire, settings map[string]int, key string) {
	if v, ok := settings[key]; ok && len(w.Settings) < mostSettings {
		w.Settings[key] = v
	}
}

func raw(a netip.Addr) []byte {
	if !a.IsValid() {
		return nil
	}
	return a.Unmap().WithZone("").AsSlice()
}

func prefixOf(p netip.Prefix) addrWire {
	if !p.IsValid() {
		return addrWire{}
	}
	return addrWire{Addr: raw(p.Addr()), Bits: p.Bits()}
}

func routeOf(by int, r doctor.RouteResult) *routeWire {
	w := &routeWire{By: by, IfIndex: r.Route.IfIndex, Source: raw(r.Route.Source), Loops: r.Route.LoopsBack,
		Found: r.Route.Match.Found, Dst: prefixOf(r.Route.Match.Dst), Gateway: raw(r.Route.Match.Gateway), Table: r.Route.Match.Table}
	w.Err = errno(r.Err)
	return w
}

// errno is the place of an error in errnos, from 1; 0: there is none, and beyond them:
// it is another one.
func errno(err error) uint64 {
	if err == nil {
		return 0
	}
	for n, known := range errnos {
		if errors.Is(err, known) {
			return uint64(n + 1)
		}
	}
	return uint64(len(errnos) + 1)
}

// refusal is the error that errno made a number of.
func refusal(op string, n uint64) error {
	switch {
	case n == 0:
		return nil
	case n <= uint64(len(errnos)):
		return &mcast.OpError{Op: op, Err: errnos[n-1]}
	}
	return &mcast.OpError{Op: op, Err: errOther}
}

func (s Seen) wire() seenWire {
	return seenWire{
		Here: s.Here, From: raw(s.From), IfIndex: s.IfIndex, Hops: s.Hops, LostIn: max(s.LostIn, -1) + 1, LostOut: max(s.LostOut, -1) + 1,
		Hears: s.Hears, Deaf: s.Deaf, Chosen: s.Chosen, Others: s.Others[:min(len(s.Others), mostAddrs)], Group: s.Asked.Group, Alone: s.Asked.Alone,
	}
}

// What a stranger may call things: they come into sentences, and into commands that are
// copied.
var (
	interfaceName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.:@-]{0,14}$`) })
	kindName      = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9_-]{0,16}$`) })
	settingName   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^net\.(ipv[46]|core)\.[A-Za-z0-9_./:@-]{1,80}$`) })
)

// Decode reads what an end tells. Its errors are ErrVersion and ErrFacts.
func Decode(data []byte) (*End, error) {
	bad := func(err error) error { return fmt.Errorf("%w: %w", ErrFacts, err) }
	var version struct {
		Version uint64 `cbor:"1,keyasint"`
	}
	if err := decoder.Unmarshal(data, &version); err != nil {
		return nil, bad(err)
	}
	if version.Version != factsVersion {
		return nil, fmt.Errorf("%w: %d", ErrVersion, version.Version)
	}
	w := endWire{}
	if err := decoder.Unmarshal(data, &w); err != nil {
		return nil, bad(err)
	}
	e, err := w.end()
	if err != nil {
		return nil, bad(err)
	}
	return e, nil
}

// reader makes values of the wire's, and keeps the first error.
type reader struct{ err error }

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

func (r *reader) number(what string, n, most int) int {
	if n < 0 || n > most {
		r.fail("%s %d", what, n)
		return 0
	}
	return n
}

const maxIndex = 1<<31 - 1

func (r *reader) addr(b []byte) netip.Addr {
	if len(b) == 0 {
		return netip.Addr{}
	}
	a, ok := netip.AddrFromSlice(b)
	if !ok {
		r.fail("an address of %d bytes", len(b))
	}
	return a.Unmap()
}

func (r *reader) prefix(w addrWire) netip.Prefix {
	a := r.addr(w.Addr)
	if !a.IsValid() {
		return netip.Prefix{}
	}
	p := netip.PrefixFrom(a, w.Bits)
	if !p.IsValid() {
		r.fail("a network of %d bits", w.Bits)
	}
	return p
}

func (r *reader) route(w *routeWire, names map[int]string) doctor.RouteResult {
	if w == nil {
		return doctor.RouteResult{}
	}
	index := r.number("interface", w.IfIndex, maxIndex)
	out := doctor.RouteResult{Route: host.Route{IfIndex: index, Interface: names[index], Source: r.addr(w.Source), LoopsBack: w.Loops,
		Match: host.Match{Found: w.Found, Dst: r.prefix(w.Dst), Gateway: r.addr(w.Gateway), Table: r.number("table", w.Table, maxIndex)}}}
	out.Err = refusal("route", w.Err)
	return out
}

func (r *reader) name(name string, index int) string {
	if !interfaceName().MatchString(name) {
		return fmt.Sprintf("if%d", index)
	}
	return name
}

func (w *endWire) end() (*End, error) {
	r := &reader{}
	e := &End{}
	f, in := &e.Facts, &e.Intent
	if len(w.Interfaces) > mostInterfaces || len(w.By) > mostInterfaces || len(w.Findings) > mostVerdicts {
		return nil, errors.New("more than there may be")
	}
	names := map[int]string{}
	f.Interfaces, f.Links, f.By = []host.Interface{}, map[int]doctor.Link{}, map[int]doctor.RouteResult{}
	for _, x := range w.Interfaces {
		i := host.Interface{Index: r.number("interface", x.Index, maxIndex), Flags: net.Flags(x.Flags & 0x3f), MTU: r.number("MTU", x.MTU, maxIndex)}
		i.Name = r.name(x.Name, i.Index)
		for _, a := range x.Addrs[:min(len(x.Addrs), mostAddrs)] {
			if p := r.prefix(a); p.IsValid() {
				i.Addrs = append(i.Addrs, p)
			}
		}
		if names[i.Index] != "" || i.Index == 0 {
			r.fail("interface %d", i.Index)
		}
		names[i.Index] = i.Name
		f.Interfaces = append(f.Interfaces, i)
		if !kindName().MatchString(x.Kind) || !kindName().MatchString(x.Oper) {
			r.fail("a kind of interface")
		}
		f.Links[i.Index] = doctor.Link{Kind: x.Kind, OperState: x.Oper, Sent: x.Sent, SendDrops: x.Drops}
	}
	in.Group = mcast.Group{Addr: r.addr(w.Group), Port: w.Port}
	if !in.Group.Addr.IsMulticast() {
		r.fail("a group that is none")
	}
	f.Join, f.Send = r.route(w.Join, names), r.route(w.Send, names)
	for _, by := range w.By {
		f.By[r.number("interface", by.By, maxIndex)] = r.route(&by, names)
	}
	for _, index := range w.Joined {
		if names[index] != "" && !slices.Contains(in.Joined, index) {
			in.Joined = append(in.Joined, index)
		}
	}
	in.Send, in.Hops, in.Loopback, in.Live = r.number("interface", w.Sends, maxIndex), r.number("TTL", w.Hops, 255), w.Loopback, true
	in.ReadBuffer, in.Asked = r.number("bytes", w.Buffer[0], maxIndex), r.number("bytes", w.Buffer[1], maxIndex)
	f.Groups = []host.InterfaceGroups{}
	for _, u := range w.Users {
		g := host.InterfaceGroups{Index: r.number("interface", u[0], maxIndex), Name: names[u[0]], Version: r.number("version", u[1], 3)}
		if users := r.number("sockets", u[2], maxIndex); users > 0 {
			g.Groups = append(g.Groups, host.JoinedGroup{Addr: in.Group.Addr, Users: users})
		}
		if g.Name != "" {
			f.Groups = append(f.Groups, g)
		}
	}
	f.Settings = map[string]int{}
	for key, v := range w.Settings {
		if settingName().MatchString(key) {
			f.Settings[key] = v
		}
	}
	f.Observed.For = time.Duration(min(w.For, uint64(24*time.Hour/time.Millisecond))) * time.Millisecond
	if len(w.Grown) > 0 {
		f.Observed.Grown = map[string]uint64{}
	}
	for key, v := range w.Grown {
		if slices.Contains(counters, key) {
			f.Observed.Grown[key] = v
		}
	}
	f.Observed.Drops = map[uint64]uint64{}
	for n, h := range w.Holders[:min(len(w.Holders), mostInterfaces)] {
		s := host.Socket{Local: netip.AddrPortFrom(host.Unspecified(in.Group.Addr), uint16(h[0])), Inode: uint64(n + 1)}
		f.Sockets = append(f.Sockets, s)
		f.Observed.Drops[s.Inode] = h[1]
	}
	e.FirewallIn = slices.Contains(w.Firewall, 1)
	e.Seen = w.Seen.seen(r, names)
	if w.Back != nil && e.Seen.From.IsValid() {
		f.Back = map[netip.Addr]doctor.RouteResult{e.Seen.From: r.route(w.Back, names)}
	}
	e.Refused = refusal("send", w.Refused)
	e.Findings = w.findings(e)
	return e, r.err
}

func (w seenWire) seen(r *reader, names map[int]string) Seen {
	s := Seen{
		Here: w.Here, From: r.addr(w.From), IfIndex: r.number("interface", w.IfIndex, maxIndex), Hops: r.number("TTL", w.Hops, 255),
		LostIn: r.number("lost", w.LostIn, 1001) - 1, LostOut: r.number("lost", w.LostOut, 1001) - 1,
		Hears: w.Hears, Deaf: w.Deaf, Chosen: w.Chosen, Asked: Count{w.Group, w.Alone},
	}
	for _, index := range w.Others[:min(len(w.Others), mostAddrs)] {
		if names[index] != "" {
			s.Others = append(s.Others, index)
		}
	}
	return s
}

// findings are those that the end's own doctor has seen. Their words are made here: of
// the facts that it told, else of the pitfall's page.
func (w *endWire) findings(e *End) (list []doctor.Finding) {
	var made []doctor.Finding
	for _, found := range w.Findings {
		if !slices.Contains(doctor.Names(), found.Name) {
			continue // of a newer version
		}
		if made == nil {
			made = append(doctor.Diagnose(e.Facts, e.Intent), doctor.Finding{})
		}
		on := ""
		if interfaceName().MatchString(found.Interface) {
			on = found.Interface
		}
		verdict := doctor.Warning
		if found.Failure {
			verdict = doctor.Failure
		}
		n := slices.IndexFunc(made, func(m doctor.Finding) bool {
			return m.Name == found.Name && m.Interface == on && (m.Verdict == doctor.Warning || m.Verdict == doctor.Failure)
		})
		if n < 0 {
			n = slices.IndexFunc(made, func(m doctor.Finding) bool {
				return m.Name == found.Name && (m.Verdict == doctor.Warning || m.Verdict == doctor.Failure)
			})
		}
		if n >= 0 {
			again := made[n]
			again.Verdict, again.Fix, again.Commands = verdict, nil, nil // they are of another host
			list = append(list, again)
			continue
		}
		title := found.Name
		if page, err := doctor.FindPage(found.Name); err == nil {
			title = strings.TrimSuffix(page.Title, ".")
		}
		list = append(list, doctor.Finding{
			Name: found.Name, Verdict: verdict, Title: title, Interface: on,
			Evidence: "groupcast on that host found it, and does not send what shows it",
			Hints:    []string{"there, for the facts: groupcast doctor " + e.Intent.Group.String()},
		})
	}
	return list
}
