package web

import (
	"io"
	"log"
	"net"
	"net/http"
	"time"
)

// Bounds of what a server waits for, holds and takes. Websockets are not among them: these
// have bounds of their own.
const (
	headerTimeout   = 5 * time.Second  // for the header of a request
	requestTimeout  = 10 * time.Second // for all of it
	responseTimeout = 30 * time.Second // for a response to be received
	idleTimeout     = 20 * time.Second // for another request

	maxHeader = 16 << 10 // bytes; browsers send the cookies of every program at localhost
)

// Server is a server for the handler of a class that strangers may reach: HTTP/1.1, since a
// websocket is made of it, with bounds on time and memory. There are at most 256 connections
// of one address, and 1024 in all; websockets do not count. Beyond that a new one takes the
// place of another: see [connections.room].
//
// Its ErrorLog drops everything, as much of it is what strangers sent.
func Server(h http.Handler) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       requestTimeout,
		WriteTimeout:      responseTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		Protocols:         protocols,
		ConnState:         newConnections().changed,
		ErrorLog:          log.New(io.Discard, "", 0),
	}
}

// addressOf is the address of an address with a port.
func addressOf(remote string) string {
	if host, _, err := net.SplitHostPort(remote); err == nil {
		return host
	}
	return remote
}
