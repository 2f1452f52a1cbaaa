package natslink

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge"
)

// The headers of a datagram.
const (
	headBridge = HeadBridge
	headSeq    = "Gc-Seq"  // decimal
	headFrom   = "Gc-From" // ADDRESS:PORT
	headTTL    = "Gc-Ttl"  // 0: unknown
)

// HeadBridge is the header with the name of the bridge that gave it, see bridge.NewName.
const HeadBridge = "Gc-Bridge"

const (
	maxWord = 8 << 10 // bytes of a report, or of a presence
	maxFrom = 64      // characters of an address and a port
)

var errMalformed = errors.New("it makes no sense")

// nameSize is the length of a bridge's name.
const nameSize = 16

func isName(s string) bool { return isHex(s, nameSize) }

func isHex(s string, n int) bool {
	ok := len(s) == n
	for i := range len(s) {
		ok = ok && (s[i] >= '0' && s[i] <= '9' || s[i] >= 'a' && s[i] <= 'f')
	}
	return ok
}

func noZone(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().WithZone(""), a.Port())
}

func headers(m bridge.Message) nats.Header {
	return nats.Header{
		headBridge: {m.Bridge},
		headSeq:    {strconv.FormatUint(m.Seq, 10)},
		headFrom:   {noZone(m.From).String()},
		headTTL:    {strconv.Itoa(m.Hops)},
	}
}

// datagram reads a message of kindDatagram.
func datagram(g mcast.Group, site string, msg *nats.Msg) (*bridge.Message, error) {
	head := func(name string) string {
		if v := msg.Header[name]; len(v) == 1 {
			return v[0]
		}
		return ""
	}
	m := &bridge.Message{Group: g, Site: site, Bridge: head(headBridge), Data: msg.Data}
	seq, err := strconv.ParseUint(head(headSeq), 10, 64)
	if err != nil || !isName(m.Bridge) || len(msg.Data) > bridge.MaxSize {
		return nil, errMalformed
	}
	m.Seq = seq
	if from := head(headFrom); len(from) > maxFrom {
		return nil, errMalformed
	} else if m.From, err = netip.ParseAddrPort(from); err != nil || m.From.Addr().Zone() != "" {
		return nil, errMalformed
	}
	hops, err := strconv.ParseUint(head(headTTL), 10, 8)
	if err != nil {
		return nil, errMalformed
	}
	m.Hops = int(hops)
	return m, nil
}

// report is a bridge.Report in JSON. Its site is in the subject.
type report struct {
	Bridge string         `json:"bridge"`
	Group  string         `json:"group"` // as in a subject
	Prober string         `json:"prober"`
	Nonce  string         `json:"nonce"` // 16 digits in hexadecimal: JSON's numbers are too short
	From   netip.AddrPort `json:"from"`
	Addr   netip.Addr     `json:"addr"`
}

func reportOf(r bridge.Report) report {
	return report{r.Bridge, groupToken(r.Group), r.Probe.Bridge, fmt.Sprintf("%016x", r.Probe.Nonce), noZone(r.From), r.Addr.WithZone("")}
}

// reported reads a message of kindLoop. The group is that of the token.
func reported(site string, data []byte) (r *bridge.Report, group string, err error) {
	var w report
	if err := strict(data, &w); err != nil {
		return nil, "", err
	}
	nonce, err := strconv.ParseUint(w.Nonce, 16, 64)
	if err != nil || !isHex(w.Nonce, nameSize) || !isName(w.Bridge) || !isName(w.Prober) || w.From.Addr().Zone() != "" || w.Addr.Zone() != "" {
		return nil, "", errMalformed
	}
	return &bridge.Report{
		Probe: bridge.Probe{Bridge: w.Prober, Nonce: nonce}, Site: site, Bridge: w.Bridge, From: w.From, Addr: w.Addr,
	}, w.Group, nil
}

// presence is a bridge.Presence in JSON. Its site is in the subject.
type presence struct {
	Bridge string     `json:"bridge"`
	Addr   netip.Addr `json:"addr"`
	Joined bool       `json:"joined"`
	Groups []string   `json:"groups"`
	At     time.Time  `json:"at"`
}

func presenceOf(p bridge.Presence) presence {
	w := presence{p.Bridge, p.Addr.WithZone(""), p.Joined, nil, p.At}
	for _, g := range p.Groups {
		w.Groups = append(w.Groups, g.String())
	}
	return w
}

func present(site string, data []byte) (*bridge.Presence, error) {
	var w presence
	if err := strict(data, &w); err != nil {
		return nil, err
	}
	if !isName(w.Bridge) || w.Addr.Zone() != "" || len(w.Groups) > bridge.MaxGroups {
		return nil, errMalformed
	}
	p := &bridge.Presence{Site: site, Bridge: w.Bridge, Addr: w.Addr, Joined: w.Joined, At: w.At}
	for _, text := range w.Groups {
		g, err := mcast.ParseGroup(text)
		if err != nil {
			return nil, errMalformed
		}
		p.Groups = append(p.Groups, g)
	}
	return p, nil
}

// strict reads one small value of JSON, with no field that v has not.
func strict(data []byte, v any) error {
	if len(data) > maxWord {
		return errMalformed
	}
	return decode(data, v)
}

func decode(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return errMalformed
	}
	if _, err := d.Token(); err != io.EOF {
		return errMalformed
	}
	return nil
}
