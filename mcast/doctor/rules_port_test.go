package doctor

import (
	"syscall"
	"testing"

	"github.com/groupcast/groupcast/mcast"
)

func TestPortTaken(t *testing.T) {
	python, theirs := socket("0.0.0.0:1234", "python3 (4711)", 0), socket("192.168.8.164:1234", "", 0)
	refused := func(f Facts) Facts {
		f.Observed.Bound = &mcast.OpError{Op: "listen", Err: mcast.ErrPortInUse}
		return f
	}
	otherError := hostWith(python)
	otherError.Observed.Bound = syscall.EACCES
	probed := hostWith(python)
	probed.Observed.Probed = true
	runRule(t, portTaken, []ruleCase{
		{"nothing is known", Facts{}, plain, "unknown", nil},
		{"nobody has it", hostWith(socket("0.0.0.0:53", "", 0)), plain, "ok", nil},
		{"somebody has it, and nobody has tried", hostWith(python), plain, "unknown", []string{"python3 (4711)"}},
		{"the probe got in", probed, plain, "ok", nil},
		{"groupcast itself has it", hostWith(own(python)), live, "ok", nil},
		{"the probe did not get in", refused(hostWith(python)), plain, "failure", []string{"python3 (4711) has port 1234", "0.0.0.0:1234", "uid 1000", "in use and not shared"}},
		{"the same, by another user", refused(hostWith(theirs)), plain, "failure", []string{"user 1000", "192.168.8.164:1234"}},
		{"two have it", refused(hostWith(python, theirs)), plain, "failure", []string{"one of these", "python3 (4711)", "user 1000"}},
		{"one program has it twice", refused(hostWith(python, socket("192.168.8.164:1234", "python3 (4711)", 0))), plain, "failure", []string{"python3 (4711) has port 1234"}},
		{"it is gone meanwhile", refused(hostWith()), plain, "failure", []string{"another program has port 1234"}},
		{"the sockets are not known", refused(Facts{}), plain, "failure", []string{"another program"}},
		{"it failed otherwise", otherError, plain, "unknown", nil},
		{"IPv6", refused(hostWith(socket("[::]:1234", "python3 (4711)", 0))), inGroup("ff02::114%eth0"), "failure", []string{"[::]:1234"}},
	})
}
