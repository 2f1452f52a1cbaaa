package lab_test

import (
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// Files that a command is given are its own, and gone with it.
func TestConfinedFiles(t *testing.T) {
	t.Parallel()
	labtest.AgainAsNobody(t)
	a := upApart(t, 1, 2000)
	with := lab.Confinement{Files: map[string][]byte{".config/groupcast/identity": []byte("se\x00cret\n"), "b": nil}}
	out, err := shellInSeat(t.Context(), a, "H1", with, `cd /home/student; wc -c <.config/groupcast/identity && stat -c %a .config/groupcast .config/groupcast/identity b && echo more >>b && rm -r .config && cat b`).CombinedOutput()
	if err != nil || string(out) != "8\n700\n600\n600\nmore\n" {
		t.Errorf("%q, %v", out, err)
	}
	out, err = shellInSeat(t.Context(), a, "H1", lab.Confinement{}, `ls -A /home/student`).CombinedOutput()
	if err != nil || len(out) != 0 {
		t.Errorf("another command finds %q, %v", out, err)
	}
	for _, name := range []string{"", ".", "/etc/x", "../x", "a/../../x"} {
		out, err := shellInSeat(t.Context(), a, "H1", lab.Confinement{Files: map[string][]byte{name: nil}}, "true").CombinedOutput()
		if err == nil || !strings.Contains(err.Error(), "none in Home") {
			t.Errorf("%q: %q, %v", name, out, err)
		}
	}
	long := lab.Confinement{Files: map[string][]byte{"a": make([]byte, 32<<10)}}
	if err := shellInSeat(t.Context(), a, "H1", long, "true").Run(); err == nil {
		t.Error("32 KiB and a name are taken")
	}
}
