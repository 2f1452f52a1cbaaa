package doctor

import (
	"bytes"
	"io/fs"
	"os"
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// gatherFirewall reads which tools there are, and which chains drop something.
// Only root may read the chains; to others they are not known.
func (f *Facts) gatherFirewall() {
	root := os.DirFS("/")
	f.Tools = findTools(firewallTools)
	if !ufwEnabled(root) {
		f.Tools = slices.DeleteFunc(f.Tools, func(name string) bool { return name == "ufw" })
	}
	if chains, err := readFirewall(root); err == nil {
		f.Firewall = chains
	}
}

// nfInetIngress is inet's own hook for ingress (linux/netfilter.h).
const nfInetIngress = 5

// maxChains bounds the chains that readFirewall looks into.
const maxChains = 512

// readFirewall reads the chains that hook into the way in or out and drop.
func readFirewall(root fs.FS) ([]FirewallChain, error) {
	if !hasNFTables(root) {
		return []FirewallChain{}, nil
	}
	c, err := nftables.New()
	if err != nil {
		return nil, err
	}
	all, err := c.ListChains()
	if err != nil {
		return nil, err
	}
	r := rulesetReader{conn: c, chains: map[chainName]*nftables.Chain{}}
	for _, chain := range all {
		r.chains[nameOfChain(chain, chain.Name)] = chain
	}
	list := []FirewallChain{}
	for _, chain := range all {
		family := familyNames[chain.Table.Family]
		way, hooked := wayOf(chain)
		if family == "" || !hooked {
			continue
		}
		policy := chain.Policy != nil && *chain.Policy == nftables.ChainPolicyDrop
		if policy || r.drops(chain, map[chainName]bool{}) {
			list = append(list, FirewallChain{Family: family, Table: chain.Table.Name, Name: chain.Name, In: way, Policy: policy})
		}
	}
	return list, r.err
}

var familyNames = map[nftables.TableFamily]string{
	nftables.TableFamilyINet: "inet", nftables.TableFamilyIPv4: "ip", nftables.TableFamilyIPv6: "ip6", nftables.TableFamilyNetdev: "netdev",
}

// wayOf says on which way a chain is; ok is false for those that see no
// datagram of this host's programs.
func wayOf(c *nftables.Chain) (in, ok bool) {
	if c.Hooknum == nil || c.Type == nftables.ChainTypeNAT {
		return false, false
	}
	hook := uint32(*c.Hooknum)
	if c.Table.Family == nftables.TableFamilyNetdev {
		return hook == unix.NF_NETDEV_INGRESS, hook == unix.NF_NETDEV_INGRESS || hook == unix.NF_NETDEV_EGRESS
	}
	switch hook {
	case unix.NF_INET_PRE_ROUTING, unix.NF_INET_LOCAL_IN, nfInetIngress:
		return true, true
	case unix.NF_INET_LOCAL_OUT, unix.NF_INET_POST_ROUTING:
		return false, true
	}
	return false, false
}

type chainName struct {
	family      nftables.TableFamily
	table, name string
}

func nameOfChain(of *nftables.Chain, name string) chainName {
	return chainName{of.Table.Family, of.Table.Name, name}
}

// rulesetReader reads rules, once they are asked for.
type rulesetReader struct {
	conn   *nftables.Conn
	chains map[chainName]*nftables.Chain
	read   int
	err    error
}

// drops reports whether a rule of the chain, or of those that it jumps to, can
// drop something. A map of verdicts may.
func (r *rulesetReader) drops(c *nftables.Chain, seen map[chainName]bool) bool {
	name := nameOfChain(c, c.Name)
	if seen[name] || r.read >= maxChains {
		return false
	}
	seen[name] = true
	r.read++
	rules, err := r.conn.GetRules(c.Table, c)
	if err != nil {
		r.err = err
		return false
	}
	for _, rule := range rules {
		for _, e := range rule.Exprs {
			switch e := e.(type) {
			case *expr.Reject:
				return true
			case *expr.Target: // of iptables, whose DROP is a verdict
				if e.Name == "REJECT" {
					return true
				}
			case *expr.Lookup:
				if e.IsDestRegSet && e.DestRegister == unix.NFT_REG_VERDICT {
					return true
				}
			case *expr.Verdict:
				next := r.chains[nameOfChain(c, e.Chain)]
				if e.Kind == expr.VerdictDrop || next != nil && e.Chain != "" && r.drops(next, seen) {
					return true
				}
			}
		}
	}
	return false
}

// hasNFTables reports whether the kernel has loaded its nf_tables. To ask it
// would load a module that is not, and a diagnosis leaves no trace.
func hasNFTables(root fs.FS) bool {
	var name unix.Utsname
	if _, err := fs.Stat(root, "sys/module/nf_tables"); err == nil || unix.Uname(&name) != nil {
		return true
	}
	modules := "lib/modules/" + unix.ByteSliceToString(name.Release[:])
	if _, err := fs.Stat(root, modules); err != nil {
		return true // there is none to be loaded
	}
	builtin, err := fs.ReadFile(root, modules+"/modules.builtin")
	return err == nil && bytes.Contains(builtin, []byte("/nf_tables.ko"))
}
