//go:build !linux

package host

import "context"

func (w *watcher) run(ctx context.Context) error { return w.poll(ctx) }
