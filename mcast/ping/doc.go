// Package ping times what UDP echo servers answer: one host, or everyone in a
// group, each with statistics of its own.
//
//	sum, err := ping.Run(ctx, ping.Config{
//		Target: netip.MustParseAddrPort("224.0.0.114:1234"),
//		Count:  5,
//		Report: func(e ping.Event) { fmt.Println(e.Kind, e.Seq, e.From, e.RTT) },
//	})
//
// New makes a Pinger instead, whose Summary can be asked for while it runs.
// Once sends a message of the caller's own to one host and waits for the echo.
//
// Any server that sends back what it gets can be pinged (RFC 862). A request
// carries a number that is this run's own and its sequence, and only an answer
// that is equal to its request counts as received. What is counted is what was
// seen: an answer that is missing may have been lost on the way there, on the
// way back, or never have been given; UDP cannot tell which.
//
// The package joins no group: answers are unicast. Who may be flooded is for
// the caller to say.
package ping
