//go:build !linux

package record

import "time"

func sleepFine(d time.Duration) { time.Sleep(d) }
