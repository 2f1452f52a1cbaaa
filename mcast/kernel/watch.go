package kernel

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

// Watched is what a [Watcher] saw.
type Watched struct {
	Seen    int           // times that a buffer of that length was queued or received
	Drops   []CountedDrop // in the order of the first of each
	Overrun int           // events that were lost because the buffer was full
	Skipped int           // lines of the trace that could not be read
	Missing []string      // events that this kernel does not have
}

// CountedDrop is a drop, and how often it was seen.
type CountedDrop struct {
	Drop
	Interface string // as it is called on the host that dropped it
	Count     int
}

// soon is how long after its last event a buffer that is dropped is still taken for
// the same datagram: the kernel uses a buffer's address again once it is free.
const soon = 20 * time.Millisecond

// dropFollower finds the drops of datagrams of ipLen octets, headers included, among
// the events of all threads: buffers of that length are theirs until they are freed.
type dropFollower struct {
	ipLen int
	seen  Watched
	ours  map[string]buffer // by address
	full  map[int]string    // by CPU, the socket that had no room, until the drop follows
}

// buffer is one that was seen with the length.
type buffer struct {
	at  time.Duration
	dev string
}

// maxBuffers bounds the buffers that are followed: those that were not dropped are
// forgotten when there are more.
const maxBuffers = 1024

func newDropFollower(ipLen int) *dropFollower {
	return &dropFollower{ipLen: ipLen, ours: map[string]buffer{}, full: map[int]string{}}
}

func (f *dropFollower) event(e Event) {
	skb := e.Field("skbaddr")
	switch e.Name {
	case "net_dev_queue", "netif_receive_skb", "netif_rx":
		n, err := strconv.Atoi(e.Field("len"))
		if err != nil || n != f.ipLen && (e.Name != "net_dev_queue" || n != f.ipLen+ethernetHeader) {
			delete(f.ours, skb)
			return
		}
		f.seen.Seen++
		if len(f.ours) >= maxBuffers {
			clear(f.ours)
		}
		f.ours[skb] = buffer{e.At, e.Field("dev")}
	case "udp_fail_queue_rcv_skb":
		f.full[e.CPU] = e.Field("dest")
	case "kfree_skb":
		b, ok := f.ours[skb]
		delete(f.ours, skb)
		to := f.full[e.CPU]
		delete(f.full, e.CPU)
		if !ok || e.At-b.at > soon {
			return
		}
		f.seen.count(CountedDrop{Drop: Drop{Reason: reasonOf(e), Function: droppedIn(e), To: to}, Interface: b.dev, Count: 1})
	}
}

// text takes lines of a trace, the last of which may be a part; it returns that.
func (f *dropFollower) text(text []byte) (rest []byte) {
	end := bytes.LastIndexByte(text, '\n') + 1
	trace, _ := Parse(bytes.NewReader(text[:end])) // which fails only with its reader
	for _, e := range trace.Events {
		f.event(e)
	}
	f.seen.Skipped += trace.Skipped
	f.seen.Overrun += trace.Lost
	return text[end:]
}

func (w *Watched) count(d CountedDrop) {
	for i := range w.Drops {
		if o := &w.Drops[i]; o.Drop == d.Drop && o.Interface == d.Interface {
			o.Count++
			return
		}
	}
	w.Drops = append(w.Drops, d)
}

// watchFilters bound what a Watcher records of others to the drops of one protocol.
func watchFilters(ipLen int, ipv6 bool) map[string]string {
	protocol := "2048" // ETH_P_IP
	if ipv6 {
		protocol = "34525" // ETH_P_IPV6
	}
	in := "len == " + strconv.Itoa(ipLen)
	return map[string]string{
		"net/net_dev_queue":     in + " || len == " + strconv.Itoa(ipLen+ethernetHeader),
		"net/netif_receive_skb": in, "net/netif_rx": in,
		"skb/kfree_skb":              "protocol == " + protocol,
		"udp/udp_fail_queue_rcv_skb": "",
	}
}

// ipLength is the length of a datagram of that payload with its headers.
func ipLength(size int, ipv6 bool) int {
	if ipv6 {
		return size + udpHeader + ipv6Header
	}
	return size + udpHeader + ipv4Header
}

// String says what was seen in one line, such as "dropped 3 times: IP_RPFILTER in
// ip_rcv_finish_core: ...".
func (d CountedDrop) String() string {
	var b strings.Builder
	b.WriteString(d.Sentence())
	if d.Interface != "" {
		b.WriteString("; at " + d.Interface)
	}
	if d.Count > 1 {
		b.WriteString(", " + strconv.Itoa(d.Count) + " times")
	}
	return b.String()
}
