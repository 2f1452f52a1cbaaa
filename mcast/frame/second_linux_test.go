package frame_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// Another implementation, in JavaScript and from docs/protocol.md alone, makes and reads
// the same bytes, and refuses the same for the same reason.
func TestSecondImplementation(t *testing.T) {
	labtest.Program(t, "node")
	const second, vectors = "testdata/second.mjs", "testdata/vectors.json"
	if _, err := os.ReadFile(second); err != nil { // so that a result of go test is not kept for another one
		t.Fatal(err)
	}
	out, err := exec.Command("node", second, vectors).CombinedOutput()
	if err != nil || string(out) != "101 checked\n" {
		t.Errorf("%v\n%s", err, out)
	}
}
