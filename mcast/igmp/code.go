package igmp

import "time"

// The codes of response times and intervals have 3 bits of exponent and 4 or, in
// MLDv2, 12 of mantissa; small ones are the number itself (RFC 3376, sections
// 4.1.1 and 4.1.7; RFC 3810, sections 5.1.3 and 5.1.9).
const (
	mantissa8  = 4
	mantissa16 = 12
)

// value is the number that a code means.
func value(code, mantissa int) int {
	if code < 1<<(mantissa+3) {
		return code
	}
	return (code&(1<<mantissa-1) | 1<<mantissa) << (code>>mantissa&7 + 3)
}

// code is the code of the largest number that has one and is not above n.
func code(n, mantissa int) int {
	if n < 1<<(mantissa+3) {
		return max(n, 0)
	}
	n = min(n, value(1<<(mantissa+4)-1, mantissa))
	exponent := 0
	for n>>(exponent+3) >= 1<<(mantissa+1) {
		exponent++
	}
	return 1<<(mantissa+3) | exponent<<mantissa | n>>(exponent+3)&(1<<mantissa-1)
}

// tenth is the unit of IGMP's response times; MLD's are in milliseconds.
const tenth = 100 * time.Millisecond
