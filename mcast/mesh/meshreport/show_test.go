package meshreport

import (
	"bytes"
	"os"
	"testing"

	"github.com/groupcast/groupcast/mcast/mesh"
	"github.com/groupcast/groupcast/mcast/mesh/meshtest"
)

func TestShow(t *testing.T) {
	many := meshtest.Well(130)
	meshtest.Lossy(many, 3, 100, 5)
	meshtest.Silence(many, 77, 12, 40)
	meshtest.Never(many, 128, 129)
	k := meshtest.Killed(30, 12)
	meshtest.Lossy(k, 20, 7, 5)
	for name, r := range map[string]mesh.Report{"faulty": meshtest.Faulty(), "well2": meshtest.Well(2), "killed30": k, "ipv6": meshtest.IPv6(), "hostile": meshtest.Hostile(), "many": many} {
		var b bytes.Buffer
		if err := HTML(&b, r); err != nil {
			t.Fatal(err)
		}
		t.Log(name, b.Len())
		os.WriteFile("/tmp/h/Y/"+name+".html", b.Bytes(), 0o644)
	}
}
