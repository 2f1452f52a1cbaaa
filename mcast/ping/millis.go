package ping

import (
	"fmt"
	"time"
)

// Millis is a time in milliseconds, with as many digits as mean something.
func Millis(d time.Duration) string {
	ms := float64(d) / float64(time.Millisecond)
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%.3f", ms)
	case d < 100*time.Millisecond:
		return fmt.Sprintf("%.2f", ms)
	}
	return fmt.Sprintf("%.1f", ms)
}
