package mcast

import "testing"

// The kernel's answers are trusted to mean what they say, not to be well
// formed: a message that is cut anywhere must not crash the reader.
func FuzzParseRoute(f *testing.F) {
	answer := []byte{
		2, 32, 0, 0, 254, 0, 0, 5, 0, 2, 0, 0, // rtmsg: AF_INET, /32, table main, multicast
		8, 0, 1, 0, 224, 0, 0, 114, // RTA_DST
		8, 0, 4, 0, 3, 0, 0, 0, // RTA_OIF
		8, 0, 7, 0, 169, 254, 167, 41, // RTA_PREFSRC
	}
	for n := range len(answer) + 1 {
		f.Add(answer[:n])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := parseRoute(b)
		if err == nil && len(b) < 12 {
			t.Errorf("%d bytes are taken for a route: %v", len(b), a)
		}
	})
}
