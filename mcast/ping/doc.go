// Package ping times the answers of UDP echo servers: of one host, or of everyone
// in a group, each with statistics of its own.
//
//	sum, err := ping.Run(ctx, ping.Config{
//		Target: netip.MustParseAddrPort("224.0.0.114:1234"),
//		Count:  5,
//		Report: func(e ping.Event) { fmt.Println(e.Kind, e.Seq, e.From, e.RTT) },
//	})
//
// Start with [Run]. [New] makes a [Pinger] instead, whose [Pinger.Summary] can be
// asked for while it runs. [Once] sends a message of the caller's own to one host
// and waits for the answer.
//
// Any server that sends back what it gets can be pinged (RFC 862). A request
// carries the run's own number and its sequence, and only an answer that is equal
// to its request counts as received. An answer that is missing may have been lost
// on the way there or on the way back, or never have been sent; UDP cannot tell
// which.
//
// The package leaves out names, which the caller resolves; joins, for answers are
// unicast; and permission: the caller decides who may be flooded.
package ping
