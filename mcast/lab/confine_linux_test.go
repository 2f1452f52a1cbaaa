package lab_test

import (
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab"
	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

func TestTrial(t *testing.T) {
	l := labtest.Build(t, lab.Article)
	for _, line := range []string{
		"id; pwd; ls -la / /dev; ls /home /root /run /tmp /opt; ps ax; cat /proc/self/status | grep -i 'cap\\|seccomp\\|newpriv'; ulimit -a; cat /proc/self/autogroup",
		"touch /usr/x /etc/x /sys/x /proc/x /opt/x; mkdir /x; echo hi > $HOME/f && cat $HOME/f; mount -t tmpfs x /tmp; unshare -r id; ip link add d type dummy; ip -br addr; hostname; cat /proc/net/igmp",
		"python3 -c 'import os; os.memfd_create(\"x\")'; head -c 40m /dev/zero > /tmp/big; ls -la /tmp/big; rm /tmp/big; i=0; while [ $i -lt 100 ]; do sleep 5 & i=$((i+1)); done; echo $i",
		"/opt/groupcast/groupcast --version",
	} {
		c := l.Host("A").ConfinedCommand(t.Context(), lab.Confinement{Program: "/proc/self/exe"}, "/bin/sh", "-c", line)
		c.Env = []string{"PATH=/usr/bin:/bin:/usr/sbin:/sbin", "HOME=" + lab.Home}
		out, err := c.CombinedOutput()
		t.Logf("%s\n%s\n%v", line, strings.TrimSpace(string(out)), err)
	}
}
