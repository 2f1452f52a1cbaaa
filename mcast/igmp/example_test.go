package igmp_test

import (
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/groupcast/groupcast/mcast/igmp"
)

// A host joined 239.1.2.3, and hears one source of 232.1.1.1.
func ExampleDecode() {
	packet, _ := hex.DecodeString("460000340000000001023a580a09004de0000016" + "94040000" +
		"2200f0ea0000000204000000ef01020305000001e80101010a090001")
	m, err := igmp.Decode(packet)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.From, "to", m.To)
	fmt.Println(m)

	_, err = igmp.Decode(packet[:40])
	var refused *igmp.DecodeError
	if errors.As(err, &refused) {
		fmt.Println(refused.Reason)
	}
	// Output:
	// 10.9.0.77 to 224.0.0.22
	// IGMPv3 report: 239.1.2.3 to exclude nothing; 232.1.1.1 allow 10.9.0.1
	// cut
}
