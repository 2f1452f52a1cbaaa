package mcast

import (
	"net"
	"testing"
)

func TestDropsCountOn(t *testing.T) {
	const most = 1<<32 - 1
	var now uint32
	var closed error
	d := dropCounter{read: func() (uint32, error) { return now, closed }}
	for _, step := range []struct {
		now  uint32
		want uint64
	}{
		{0, 0}, {12, 12}, {12, 12}, {most, most}, {0, most + 1}, {3_000_000_000, most + 1 + 3_000_000_000},
		{2_999_999_999, 2*most + 1 + 3_000_000_000},
	} {
		now = step.now
		if got := d.count(); got != step.want {
			t.Errorf("with the kernel's counter at %d: %d, want %d", now, got, step.want)
		}
	}
	now, closed = 0, net.ErrClosed
	if got, want := d.count(), uint64(2*most+1+3_000_000_000); got != want {
		t.Errorf("after Close: %d, want %d as before", got, want)
	}
}
