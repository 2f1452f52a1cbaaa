//go:build !race

package main

import "github.com/groupcast/groupcast/mcast/class"

// seatLimits are what a seat may use: what is usual.
var seatLimits class.Limits
