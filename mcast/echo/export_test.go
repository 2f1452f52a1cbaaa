package echo

import "time"

// ShutOutFor returns cfg with another time for which a source that floods is
// not heard.
func ShutOutFor(cfg Config, t time.Duration) Config {
	cfg.shutOut = t
	return cfg
}
