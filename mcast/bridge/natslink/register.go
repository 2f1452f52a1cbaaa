package natslink

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/groupcast/groupcast/mcast/bridge"
)

const (
	// LeaseBucket has the lease of each site. It must be in a file: in memory it would be
	// gone with the server's process.
	LeaseBucket = "groupcast_v1_lease"
	leaseWait   = time.Second // of one call
	leaseBytes  = 4 << 20     // of the bucket; a lease has 100
)

// LeaseConfig is how the bucket of the leases is made.
func LeaseConfig() jetstream.KeyValueConfig {
	return jetstream.KeyValueConfig{
		Bucket: LeaseBucket, Description: "which bridge of a site leads (groupcast)",
		Storage: jetstream.FileStorage, History: 1, MaxValueSize: 512, MaxBytes: leaseBytes,
	}
}

// Register returns the lease of a site: that of the client, or one of its LANs. A call of
// it ends within 1 s. The error wraps bridge.ErrAway when no answer came. If a server that
// is in no hub file has no bucket for leases, it is made.
func (c *Client) Register(site string) bridge.Register {
	name, lan, err := cutSite(site)
	return &register{client: c, key: leaseKey(name, lan), err: err}
}

type register struct {
	client *Client
	key    string
	err    error
}

// Get implements [bridge.Register].
func (r *register) Get(ctx context.Context) (e bridge.Entry, err error) {
	err = r.call(ctx, func(ctx context.Context, kv jetstream.KeyValue) error {
		v, err := kv.Get(ctx, r.key)
		if errors.Is(err, jetstream.ErrKeyNotFound) {
			return nil
		}
		if err == nil {
			e.Revision = v.Revision()
			if holder := string(v.Value()); isName(holder) { // else whoever it is, it renews or not
				e.Holder = holder
			}
		}
		return err
	})
	return e, err
}

// Update implements [bridge.Register].
func (r *register) Update(ctx context.Context, holder string, revision uint64) (now uint64, err error) {
	err = r.call(ctx, func(ctx context.Context, kv jetstream.KeyValue) error {
		if revision == 0 {
			now, err = kv.Create(ctx, r.key, []byte(holder))
		} else {
			now, err = kv.Update(ctx, r.key, []byte(holder), revision)
		}
		return err
	})
	return now, err
}

// Delete implements [bridge.Register].
func (r *register) Delete(ctx context.Context, revision uint64) error {
	if revision == 0 {
		return nil
	}
	return r.call(ctx, func(ctx context.Context, kv jetstream.KeyValue) error {
		return kv.Delete(ctx, r.key, jetstream.LastRevision(revision))
	})
}

// call does one call of the bucket, and once more if the bucket had to be made.
func (r *register) call(ctx context.Context, do func(context.Context, jetstream.KeyValue) error) error {
	if r.err != nil {
		return r.err
	}
	if !r.client.reached.Load() {
		return bridge.ErrAway
	}
	ctx, cancel := context.WithTimeout(ctx, leaseWait)
	defer cancel()
	var err error
	for range 2 {
		var kv jetstream.KeyValue
		if kv, err = r.client.kv.open(ctx, r.client); err == nil {
			err = do(ctx, kv)
		}
		if !gone(err) {
			break
		}
		r.client.kv.forget(kv)
	}
	return r.client.leaseError(err)
}

// gone says that the bucket is not there (any more).
func gone(err error) bool {
	return errors.Is(err, jetstream.ErrNoStreamResponse) || errors.Is(err, jetstream.ErrStreamNotFound) || errors.Is(err, jetstream.ErrBucketNotFound) || errors.Is(err, nats.ErrNoResponders)
}

func (c *Client) leaseError(err error) error {
	var api *jetstream.APIError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, jetstream.ErrKeyRevisionMismatch), errors.Is(err, jetstream.ErrKeyExists):
		return bridge.ErrChanged
	case errors.Is(away(err), bridge.ErrAway):
		return bridge.ErrAway
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, nats.ErrTimeout):
		return fmt.Errorf("%w: no answer about the lease within 1 s", bridge.ErrAway)
	case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount),
		errors.Is(err, nats.ErrNoResponders) && !c.hub():
		return fmt.Errorf("the server has no JetStream, or not for this key: no lease is possible: %w", err)
	case gone(err):
		return fmt.Errorf("the server has no bucket %s for leases: %w", LeaseBucket, err)
	case errors.As(err, &api):
		return fmt.Errorf("the server refuses the lease: %w", err)
	}
	return err
}

// bucket is the one of the leases, found when it is needed.
type bucket struct {
	mu sync.Mutex
	kv jetstream.KeyValue
}

func (b *bucket) open(ctx context.Context, c *Client) (jetstream.KeyValue, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.kv != nil {
		return b.kv, nil
	}
	kv, err := c.js.KeyValue(ctx, LeaseBucket)
	// A hub makes it itself; while it begins, the bucket is missing for a moment.
	if errors.Is(err, jetstream.ErrBucketNotFound) && c.cfg.File == (File{}) {
		kv, err = c.js.CreateKeyValue(ctx, LeaseConfig())
		if errors.Is(err, jetstream.ErrBucketExists) { // another bridge made it, or an operator did otherwise
			kv, err = c.js.KeyValue(ctx, LeaseBucket)
		}
	}
	if err != nil {
		return nil, err
	}
	b.kv = kv
	return kv, nil
}

// forget has the bucket looked for again.
func (b *bucket) forget(kv jetstream.KeyValue) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.kv == kv {
		b.kv = nil
	}
}
