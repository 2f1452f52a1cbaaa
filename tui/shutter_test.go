package tui

import (
	"testing"
	"time"
)

// The timer begins before close stops it, and goes on after it.
func TestShutterClosesBeforeItsTimerRan(t *testing.T) {
	s := &shutter{ticker: time.NewTicker(time.Hour)}
	defer s.ticker.Stop()
	s.soon()
	s.close()
	s.slow()
	s.soon()
}
