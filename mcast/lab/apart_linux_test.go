package lab_test

import (
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
)

func TestApart(t *testing.T) {
	top, err := lab.FindTopology("classroom", 3)
	if err != nil {
		t.Fatal(err)
	}
	a, err := lab.UpApart(t.Context(), top, 2000)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	c := a.ConfinedCommand(t.Context(), "H1", lab.Confinement{Program: "/proc/self/exe"}, "/bin/sh", "-c", "hostname; ip -br a; id")
	c.Env = []string{"PATH=/usr/bin:/bin:/usr/sbin:/sbin"}
	out, err := c.CombinedOutput()
	t.Logf("%s\n%v", strings.TrimSpace(string(out)), err)
	c = a.ConfinedCommand(t.Context(), "H1", lab.Confinement{Program: "/proc/self/exe"}, "/usr/bin/python3", "-c", `
import socket,time
s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)
t=time.time()
for i in range(20000): s.sendto(b"x",("192.168.1.2",9))
print(time.time()-t)
`)
	before, _ := a.Counters()
	out, err = c.CombinedOutput()
	after, _ := a.Counters()
	t.Logf("%s\n%v %v %v", strings.TrimSpace(string(out)), err, after["H1.eth0"].TxPackets-before["H1.eth0"].TxPackets, after["H2.eth0"].RxPackets-before["H2.eth0"].RxPackets)
}
