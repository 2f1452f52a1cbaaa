package hub

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Limits of the bucket.
const (
	maxLeases   = 64 << 20 // bytes
	maxLease    = 1024     // bytes of a lease and its headers
	purgeTime   = 10 * time.Second
	bucketTwice = time.Second // within which a message that bears the same ID is dropped
)

// makeBucket makes the bucket of the leases. It is in files: the leases outlive a restart
// of the hub. It is the stream that jetstream.CreateKeyValue makes, but without rollups: by
// them each site could delete the leases of all.
func (h *Hub) makeBucket(ctx context.Context) error {
	return h.administer(func(js jetstream.JetStream) error {
		_, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
			Name:              "KV_" + Bucket,
			Subjects:          []string{"$KV." + Bucket + ".>"},
			MaxMsgsPerSubject: 1,
			MaxBytes:          maxLeases,
			MaxMsgSize:        maxLease,
			Storage:           jetstream.FileStorage,
			Discard:           jetstream.DiscardNew,
			Duplicates:        bucketTwice,
			AllowDirect:       true,
			DenyDelete:        true,
		})
		return err
	})
}

// purge deletes the leases of a site that has another key now, or none.
func (h *Hub) purge(site string) error {
	ctx, cancel := context.WithTimeout(context.Background(), purgeTime)
	defer cancel()
	return h.administer(func(js jetstream.JetStream) error {
		s, err := js.Stream(ctx, "KV_"+Bucket)
		if err != nil {
			return err
		}
		subject := "$KV." + Bucket + "." + site
		return errors.Join(s.Purge(ctx, jetstream.WithPurgeSubject(subject)), s.Purge(ctx, jetstream.WithPurgeSubject(subject+".>")))
	})
}

// administer calls f with a connection that may do all.
func (h *Hub) administer(f func(jetstream.JetStream) error) error {
	conn, end, err := h.connectAdmin(nats.NoReconnect())
	if err != nil {
		return err
	}
	defer end()
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	return f(js)
}

// connectAdmin connects within this process, with the right to do all. end returns when
// the connection has ended.
func (h *Hub) connectAdmin(options ...nats.Option) (conn *nats.Conn, end func(), err error) {
	public, err := h.admin.PublicKey()
	if err != nil {
		return nil, nil, err
	}
	closed := make(chan struct{})
	conn, err = nats.Connect("", append(options, nats.InProcessServer(h.server), nats.Nkey(public, h.admin.Sign),
		nats.ClosedHandler(func(*nats.Conn) { close(closed) }))...)
	if err != nil {
		return nil, nil, err
	}
	return conn, func() {
		conn.Close()
		<-closed
	}, nil
}
