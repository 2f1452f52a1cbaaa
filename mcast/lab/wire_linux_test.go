package lab

import (
	"errors"
	"io"
	"testing"
)

// How a command ended is read also where the other side has gone before it read the
// last signal.
func TestLastMessageIsRead(t *testing.T) {
	near, far, err := socketPair()
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	host, err := unixConn(far)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(send(near, signalling{Signal: 2}), send(host, ended{Code: 130}), host.Close()); err != nil {
		t.Fatal(err)
	}
	var e ended
	if _, err := receive(near, &e); err != nil || e.Code != 130 {
		t.Errorf("%+v, %v: want the code 130", e, err)
	}
	if _, err := receive(near, &e); !errors.Is(err, io.EOF) {
		t.Errorf("%v, want the end", err)
	}
}
