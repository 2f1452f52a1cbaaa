package doctor

import (
	"bufio"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
)

// FirewallChain is a chain of this host's firewall that hooks into the way of
// packets and drops some of them. An accept in one does not undo the drop of
// another (nft(8)).
type FirewallChain struct {
	Family string // ip, ip6, inet or netdev
	Table  string
	Name   string
	In     bool // it is on the way in; else on the way out
	Policy bool // it drops what no rule accepts; else a rule of it, or of a chain that it jumps to, drops
}

// firewallTools are the programs that change a firewall.
var firewallTools = []string{"nft", "firewall-cmd", "ufw", "iptables", "ip6tables"}

// findTools looks for programs: in $PATH, and where root has them, which are not
// in the $PATH of every user.
func findTools(names []string) []string {
	list := []string{}
	for _, name := range names {
		for _, path := range []string{name, filepath.Join("/usr/sbin", name), filepath.Join("/sbin", name), filepath.Join("/usr/local/sbin", name)} {
			if _, err := exec.LookPath(path); err == nil {
				list = append(list, name)
				break
			}
		}
	}
	return list
}

// ufwEnabled reads whether ufw(8) is switched on: it keeps what it is told until
// then.
func ufwEnabled(root fs.FS) bool {
	file, err := root.Open("etc/ufw/ufw.conf")
	if err != nil {
		return false
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if strings.EqualFold(strings.TrimSpace(lines.Text()), "ENABLED=yes") {
			return true
		}
	}
	return false
}
