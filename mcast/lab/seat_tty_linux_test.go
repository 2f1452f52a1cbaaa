package lab_test

import (
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/creack/pty"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// A seat's terminal is a terminal of its programs, and no other is.
func TestSeatHasATerminal(t *testing.T) {
	t.Parallel()
	labtest.AgainAsNobody(t)
	a := upApart(t, 1, 0)
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	defer slave.Close()
	c := shellInSeat(t.Context(), a, "H1", lab.Confinement{}, `tty; echo out > /dev/stdout; echo tty > /dev/tty; ls /dev/pts; stty size; chmod 666 $(tty) || echo no; ps -o tty= -p 1; echo end`)
	c.Stdin, c.Stdout, c.Stderr, c.TTY = slave, slave, slave, true
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for b := make([]byte, 1); !strings.HasSuffix(out.String(), "end\r\n"); {
		if _, err := io.ReadFull(master, b); err != nil {
			t.Fatal(err)
		}
		out.Write(b)
	}
	want := regexp.MustCompile(`^/dev/pts/(\d+)\r\nout\r\ntty\r\n\d+\r\n0 0\r\nchmod: .*Read-only file system\r\nno\r\npts/\d+ *\r\nend\r\n$`)
	if !want.MatchString(out.String()) {
		t.Errorf("the terminal shows %q, want %s", out.String(), want)
	}
}
