package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/groupcast/groupcast/mcast/lab/labtest"
)

// firewalled is a host whose firewall was made by a tool, and the command that the
// doctor prints for it.
type firewalled struct {
	name    string
	tool    string // it is made by; the test is for where it is installed
	made    string
	without string // a tool that is hidden, as if it were not installed
	finding string
	ask     string
	want    string
}

const usual, usual6 = "224.0.0.114", "ff02::114%eth0"

var firewalls = []firewalled{
	{"iptables alone", "iptables", "iptables -A INPUT -p udp -j DROP", "nft", "firewall-in", usual, "iptables -I INPUT -p udp -d 224.0.0.114 --dport 1234 -j ACCEPT"},
	{"iptables alone, outward", "iptables", "iptables -A OUTPUT -p udp -j DROP", "nft", "firewall-out", usual, "iptables -I OUTPUT -p udp -d 224.0.0.114 --dport 1234 -j ACCEPT"},
	{"ip6tables alone", "ip6tables", "ip6tables -A INPUT -p udp -j DROP", "nft", "firewall-in", usual6, "ip6tables -I INPUT -p udp -d ff02::114 --dport 1234 -j ACCEPT"},
	{"iptables beside nft", "iptables", "iptables -A INPUT -p udp -j DROP", "", "firewall-in", usual, "nft insert rule ip filter INPUT ip daddr 224.0.0.114 udp dport 1234 accept"},
	{"a REJECT of iptables beside nft", "iptables", "iptables -A OUTPUT -d 224.0.0.0/4 -p udp -j REJECT", "", "firewall-out", usual, "nft insert rule ip filter OUTPUT ip daddr 224.0.0.114 udp dport 1234 accept"},
	{"ufw, which denies groups", "ufw", "ufw deny in proto udp to 224.0.0.0/4 && ufw --force enable", "", "firewall-in", usual, "ufw prepend allow in proto udp to 224.0.0.114 port 1234"},
	{"ufw, outward", "ufw", "ufw default deny outgoing && ufw --force enable", "", "firewall-out", usual, "ufw prepend allow out proto udp to 224.0.0.114 port 1234"},
	{"ufw and IPv6", "ufw", "ufw --force enable", "", "firewall-in", usual6, "ufw prepend allow in proto udp to ff02::114 port 1234"},
}

// What changes a firewall is what has made it. Each command is executed as it is
// printed. Everything runs in mount namespaces, in which ufw has files of its own:
// what it changes it also writes.
func TestFirewallToolsWork(t *testing.T) {
	together(t, firewalls, func(f firewalled) string { return f.name }, func(t *testing.T, f firewalled) {
		labtest.Program(t, f.tool)
		a := labtest.Build(t, lanOf("")()).Host("A")
		within := f.mounts(t)
		run := func(name string, args ...string) string {
			return executeIn(t, a, "unshare", append([]string{"--mount", "sh", "-e", "-c", within + ` exec "$0" "$@"`, name}, args...)...)
		}
		ask := func() string {
			return run("sh", "-c", `"$0" "$@" || [ $? = 3 ]`, "groupcast", "doctor", "--json", "--probe", f.ask)
		}
		run("sh", "-e", "-c", f.made)
		printed := commandsAbout(t, f.finding, ask())
		if len(printed) != 1 || !strings.HasSuffix(printed[0], f.want) {
			t.Fatalf("%q, want %q", printed, f.want)
		}
		sound(t, printed[0])
		run("sh", "-e", "-c", printed[0])
		if again := ask(); findingsAbout(t, f.finding, again) != nil {
			t.Errorf("it is found after %q as well:\n%s", printed[0], again)
		}
	})
}

// mounts are commands of a shell that give ufw a copy of its files, and iptables
// and ufw locks of their own, and hide a tool.
func (f firewalled) mounts(t *testing.T) string {
	t.Helper()
	commands := "mount -t tmpfs none /run;"
	if f.tool == "ufw" {
		own := filepath.Join(t.TempDir(), "etc")
		for _, dir := range []string{"ufw", "default"} {
			if err := os.CopyFS(filepath.Join(own, dir), os.DirFS(filepath.Join("/etc", dir))); err != nil {
				t.Skip("its files are root's: ", err)
			}
			commands += "mount --bind " + filepath.Join(own, dir) + " " + filepath.Join("/etc", dir) + ";"
		}
	}
	if f.without != "" {
		path, err := exec.LookPath(f.without)
		if err != nil {
			return commands
		}
		commands += "mount --bind /dev/null " + path + ";"
	}
	return commands
}
