package main

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// unitKeys are the settings of units that ours may have: a mistyped one is ignored by
// systemd, with a line in the journal.
var unitKeys = map[string]string{
	"Unit": "Description Documentation Wants After StartLimitIntervalSec",
	"Service": "Type ExecStart WatchdogSec Restart RestartSec SuccessExitStatus " +
		"DynamicUser CapabilityBoundingSet RestrictAddressFamilies NoNewPrivileges ProtectSystem ProtectHome PrivateDevices ProtectKernelTunables " +
		"ProtectKernelModules ProtectKernelLogs ProtectControlGroups ProtectClock ProtectHostname RestrictNamespaces RestrictRealtime LockPersonality " +
		"MemoryDenyWriteExecute SystemCallArchitectures SystemCallFilter UMask",
	"Install": "WantedBy",
}

// The unit of a watch has settings that there are, and starts a command that there is;
// its watch joins, and the signal of the watchdog ends it with all stacks, and with a
// status that is no success.
func TestUnitOfAWatch(t *testing.T) {
	t.Parallel()
	text := page(t, "docs/examples/groupcast-watch.service")
	section, has := "", map[string]string{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		key, value, set := strings.Cut(line, "=")
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			section = strings.Trim(line, "[]")
		case !set || !slices.Contains(strings.Fields(unitKeys[section]), key):
			t.Errorf("[%s] has no setting %q", section, line)
		default:
			has[key] = value
		}
	}
	args := strings.Fields(strings.ReplaceAll(has["ExecStart"], "%%", "%"))
	if len(args) < 2 || args[0] != "/usr/local/bin/groupcast" || strings.Contains(strings.ReplaceAll(has["ExecStart"], "%%", ""), "%") {
		t.Fatalf("it starts %q", args)
	}
	if err := understood(newRoot(), args[1:]); err != nil {
		t.Error(err)
	}
	if has["Type"] != "notify" || has["Restart"] != "always" || has["SuccessExitStatus"] != "1 3" || has["RestrictAddressFamilies"] != "AF_INET AF_INET6 AF_NETLINK AF_UNIX" {
		t.Errorf("it has %q", has)
	}
	dir := t.TempDir()
	if analyze, err := exec.LookPath("systemd-analyze"); err == nil {
		unit := dir + "/groupcast-watch.service"
		if err := os.WriteFile(unit, []byte(strings.ReplaceAll(text, args[0], "/bin/true")), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(analyze, "--man=no", "verify", unit).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("systemd-analyze: %v\n%s", err, out)
		}
	}

	const list = "/etc/groupcast/channels.txt"
	channels := dir + "/channels.txt"
	if err := os.WriteFile(channels, []byte("239.1.1.1:5004 One\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for n := range args {
		args[n] = strings.ReplaceAll(args[n], list, channels)
	}
	w := labtest.Build(t, drawn(watchLAN)()).Host("W")
	manager := serviceManager(t, dir+"/notify")
	p := start(t, w, "env", append([]string{"NOTIFY_SOCKET=" + dir + "/notify", "WATCHDOG_USEC=1000000", "groupcast"}, args[1:]...)...)
	for nextState(t, manager) != "WATCHDOG=1\n" { // so it judges
	}
	kill(t, p, syscall.SIGABRT)
	p.ends(exitUsage) // which is also how Go ends
	p.remarks("SIGABRT: abort")
	p.remarks("(*Watcher).judge")
}
