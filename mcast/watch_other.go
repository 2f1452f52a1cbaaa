//go:build !linux

package mcast

import "context"

func (w *watcher) run(ctx context.Context) error { return w.poll(ctx) }
