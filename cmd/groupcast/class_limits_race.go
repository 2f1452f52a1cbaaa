//go:build race

package main

import "github.com/groupcast/groupcast/mcast/class"

// seatLimits are what a seat may use. The race detector maps terabytes, and remembers
// something for each address.
var seatLimits = class.Limits{Data: 1 << 62, Memory: 2 << 30}
