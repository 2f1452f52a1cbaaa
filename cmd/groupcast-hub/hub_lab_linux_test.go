package main

import (
	"path/filepath"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
)

// startHub starts groupcast-hub in N, and waits until it has written the files of new sites
// into dir. Without sites it is the same hub another time.
func startHub(t testing.TB, l *lab.Lab, dir string, sites ...string) *program {
	t.Helper()
	args, ready := []string{"--dir", filepath.Join(dir, "hub"), "--out", dir, "--url", hubAddr}, "hub on"
	for _, site := range sites {
		args, ready = append(args, "--site", site), "wrote"
	}
	node := l.Host("N")
	h := running(t, node, "hub", node.Command(t.Context(), "groupcast-hub", args...))
	h.says(ready)
	return h
}

// removeSite takes the key of a site back from the hub that runs in N.
func removeSite(t testing.TB, l *lab.Lab, dir, site string) {
	t.Helper()
	out, err := l.Host("N").Command(t.Context(), "groupcast-hub", "--dir", filepath.Join(dir, "hub"), "--remove", site).CombinedOutput()
	if err != nil {
		t.Fatalf("%v, %s", err, out)
	}
}
