package lab_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// Whoever serves a lab may answer orders of its own.
func TestOrders(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	c, err := lab.Listen("ours")
	if err != nil {
		t.Fatal(err)
	}
	l := labtest.Build(t, oneHost([]lab.Interface{{Name: "eth0", Switch: "lan"}}))
	begun, gone := make(chan bool, 1), make(chan bool, 1)
	service := lab.Service{
		Kind: "test", Lab: func() (*lab.Lab, func()) { return l, func() {} }, Down: func() {},
		Order: func(ctx context.Context, words []string, tell func(any) error) error {
			switch words[0] {
			case "echo":
				for _, w := range words[1:] {
					if err := tell(w); err != nil {
						return err
					}
				}
				return nil
			case "wait":
				begun <- true
				<-ctx.Done()
				gone <- true
				return ctx.Err()
			case "long":
				return tell(strings.Repeat("x", 1<<20))
			}
			return errors.New("no such word")
		},
	}
	served := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { served <- lab.Serve(ctx, c, service) }()
	t.Cleanup(func() { cancel(); <-served })
	r, err := lab.Dial("ours")
	if err != nil || r.Kind() != "test" {
		t.Fatalf("Dial: %v", err)
	}
	var got []string
	err = r.Order(t.Context(), []string{"echo", "a", "b\x00"}, func(b json.RawMessage) { got = append(got, string(b)) })
	if err != nil || strings.Join(got, " ") != `"a" "b\u0000"` {
		t.Errorf("echo: %q, %v", got, err)
	}
	for _, bad := range []struct {
		words []string
		want  string
	}{
		{[]string{"other"}, "no such word"}, {nil, "1 to 32 words"}, {make([]string, 33), "1 to 32 words"},
		{[]string{strings.Repeat("x", lab.MaxOrder+1)}, "4096 bytes"}, {[]string{"long"}, "at most"},
	} {
		if err := r.Order(t.Context(), bad.words, nil); err == nil || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("%.20q: %v, want %q", bad.words, err, bad.want)
		}
	}
	waiting, stop := context.WithCancel(t.Context())
	go func() { <-begun; stop() }()
	if err := r.Order(waiting, []string{"wait"}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a client that gives up: %v", err)
	}
	<-gone
	go func() { <-begun; _ = r.Down() }()
	if err := r.Order(t.Context(), []string{"wait"}, nil); err == nil {
		t.Error("the lab went down, and the order did not")
	}
	<-gone
	if err := r.Order(t.Context(), []string{"echo"}, nil); !errors.Is(err, lab.ErrNotRunning) {
		t.Errorf("after the end: %v", err)
	}
}
