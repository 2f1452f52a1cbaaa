package record_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"time"

	"github.com/groupcast/groupcast/mcast/host"
	"github.com/groupcast/groupcast/mcast/record"
)

func Example() {
	var file bytes.Buffer
	r, err := record.Create(record.Options{File: "-", Output: &file, Interfaces: []host.Interface{{Index: 2, Name: "eth0"}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	d := record.Datagram{At: time.Unix(1000, 0), From: netip.MustParseAddrPort("192.168.8.226:41000"), To: netip.MustParseAddrPort("239.1.2.3:5000"),
		IfIndex: 2, Hops: 1, Data: []byte("hello")}
	r.Received(d)
	d.At, d.Data = time.Unix(1002, 0), []byte("again")
	r.Sent(d, "default route")
	summary, err := r.Close()
	fmt.Println("recorded", summary.Recorded, summary.Interfaces, err)

	in, err := record.NewReader(&file)
	if err != nil {
		fmt.Println(err)
		return
	}
	start := time.Unix(0, 0)
	twice := record.NewSchedule(start, record.Pace{Speed: 2})
	for {
		p, err := in.Next()
		if err != nil {
			fmt.Println(err)
			break
		}
		fmt.Printf("due after %v: %s to %s by %s %q\n", twice.Due(p.At).Sub(start), p.Data, p.To, p.Interface, p.Comments)
	}
	fmt.Println(record.MayReplay(netip.MustParseAddr("224.0.0.5")))
	// Output:
	// recorded 2 map[eth0:2] <nil>
	// due after 0s: hello to 239.1.2.3:5000 by eth0 []
	// due after 1s: again to 239.1.2.3:5000 by eth0 ["left by eth0: default route"]
	// EOF
	// nothing is replayed to 224.0.0.5 (ospf): OSPF routers
}
