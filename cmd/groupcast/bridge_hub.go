package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/groupcast/groupcast/mcast"
	"github.com/groupcast/groupcast/mcast/bridge"
	"github.com/groupcast/groupcast/mcast/bridge/natslink"
	"github.com/groupcast/groupcast/mcast/chat"
	"github.com/groupcast/groupcast/mcast/host"
)

// hubFlags say how a hub is reached.
type hubFlags struct {
	at     string // a hub file, or a URL
	site   string
	creds  string
	ca     string
	domain string
}

// natsPort is the one that NATS servers listen on.
const natsPort = "4222"

func (h *hubFlags) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&h.at, "hub", "", "the `FILE|URL` of the hub: a hub file, as groupcast hub writes it, or tls://HOST[:PORT] of a NATS server")
	flags.StringVar(&h.site, "site", "", "with the URL of a hub: the `NAME` of this site, of a-z, 0-9 and -")
	flags.StringVar(&h.creds, "creds", "", "with the URL of a hub: the credentials `FILE` of this site")
	flags.StringVar(&h.ca, "tls-ca", "", "with the URL of a hub: the `FILE` of certificates that sign the hub's (PEM); without it, the system's")
	flags.StringVar(&h.domain, "js-domain", "", "with the URL of a hub: the `DOMAIN` of its JetStream")
	cmd.RegisterFlagCompletionFunc("hub", cobra.FixedCompletions([]string{"hub"}, cobra.ShellCompDirectiveFilterFileExt))
	for _, name := range []string{"site", "js-domain"} {
		cmd.RegisterFlagCompletionFunc(name, cobra.NoFileCompletions)
	}
}

// isURL reports whether the hub is named by one.
func (h *hubFlags) isURL() bool { return strings.Contains(h.at, "://") }

// check looks at the flags alone. Its error repeats no secret.
func (h *hubFlags) check() error {
	if !h.isURL() {
		for _, f := range []struct{ name, value string }{{"site", h.site}, {"creds", h.creds}, {"tls-ca", h.ca}, {"js-domain", h.domain}} {
			if f.value != "" {
				return &mcast.Advised{Err: fmt.Errorf("--%s goes with the URL of a hub: a hub file has all of it", f.name), Advice: "leave it out; or name the hub: --hub tls://HOST:" + natsPort}
			}
		}
		return nil
	}
	u, err := url.Parse(h.at)
	switch {
	case strings.Contains(h.at, "@") || err == nil && u.User != nil:
		return &mcast.Advised{Err: errors.New("--hub: the URL has a user or a secret in it, and other users of this host can see the command line"), Advice: "name a file: --creds FILE"}
	case err != nil:
		return fmt.Errorf("--hub: that is no URL: want tls://HOST:%s", natsPort)
	}
	shown := u.Scheme + "://" + u.Host // a query may be a secret
	switch {
	case u.Scheme != "tls" && u.Scheme != "nats":
		return &mcast.Advised{Err: fmt.Errorf("--hub %s: want tls://HOST:%s, or the path of a hub file", shown, natsPort), Advice: "groupcast hub writes hub files; a NATS server is named by tls://HOST:" + natsPort}
	case u.Hostname() == "" || u.Opaque != "" || u.RawQuery != "" || u.Fragment != "" || u.Path != "" && u.Path != "/":
		return fmt.Errorf("--hub %s: want a host and a port only: tls://HOST:%s", shown, natsPort)
	case u.Scheme == "nats" && !isLoopback(u.Hostname()):
		return &mcast.Advised{Err: fmt.Errorf("--hub %s: nats:// is not encrypted, so it is for a loopback address only", shown), Advice: "--hub tls://" + u.Host}
	case h.site == "":
		return &mcast.Advised{Err: errors.New("--hub: with a URL, the site has to be named"), Advice: "--site NAME, such as --site room-1"}
	case bridge.CheckSite(h.site) != nil:
		return fmt.Errorf("--site: %w", bridge.CheckSite(h.site))
	case h.creds == "" && u.Scheme == "tls":
		return &mcast.Advised{Err: errors.New("--hub: with a URL, the credentials of the site have to be named"), Advice: "--creds FILE"}
	}
	return nil
}

func isLoopback(name string) bool {
	a, err := netip.ParseAddr(name)
	return err == nil && a.Unmap().IsLoopback() || name == "localhost"
}

// isRefusal reports whether the hub refuses for good, which ends the command.
func isRefusal(err error) bool {
	return errors.Is(err, natslink.ErrKey) || errors.Is(err, natslink.ErrCertificate)
}

// hubPlace is where a hub is, as lines have it: HOST:PORT.
func hubPlace(cfg natslink.Config) string {
	u, err := url.Parse(cmp.Or(cfg.File.URL, cfg.URL))
	if err != nil || u.Hostname() == "" {
		return "an unknown address"
	}
	return chat.CleanRow(net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), natsPort)))
}

// hubSite is the site of a hub's client.
func hubSite(cfg natslink.Config) string { return cmp.Or(cfg.File.Site, cfg.Site) }

// reach is what a client tells of its hub.
type reach struct {
	reached bool
	err     error
}

// dialHub connects to a hub. What is told of it goes to tell, which the connection never waits for:
// the latest is what counts.
func dialHub(ctx context.Context, cfg natslink.Config, tell chan reach) (*natslink.Client, error) {
	cfg.Tell = func(reached bool, err error) {
		if isRefusal(err) {
			return
		}
		err = host.Cause(err)
		for {
			select {
			case tell <- reach{reached, err}:
				return
			default:
			}
			select {
			case <-tell:
			default:
			}
		}
	}
	client, err := natslink.Dial(ctx, cfg)
	return client, refusedBy(cfg, err)
}

// refusedBy is the error of a client with what to do, if the hub refuses it.
func refusedBy(cfg natslink.Config, err error) error {
	if !isRefusal(err) {
		return err
	}
	advice := "if the key was removed or replaced, ask for a new file where the hub runs: groupcast hub --site " + hubSite(cfg)
	if cfg.URL != "" {
		advice = "check --creds, --site, --tls-ca and --js-domain with the owner of the server"
	}
	return &mcast.Advised{Err: err, Advice: advice}
}

// adviceAway is what to do about a hub that is not reached.
const adviceAway = "is it running there (groupcast hub starts it), and does a firewall let TCP through? does this site reach the hub by this address? " +
	"groupcast hub --url HOST, or the url line of the hub file"

// adviceGone is the same for one that was reached.
const adviceGone = "is it still running there? groupcast hub starts it"

// notReached is the error of a hub that did not answer.
func notReached(cfg natslink.Config, within string, err error) error {
	text := fmt.Sprintf("the hub at %s was not reached in %s", hubPlace(cfg), within)
	if err == nil {
		return &mcast.Advised{Err: errors.New(text), Advice: adviceAway}
	}
	return &mcast.Advised{Err: fmt.Errorf("%s: %w", text, err), Advice: adviceAway}
}
