// Package meshreport is a measurement of who hears whom as people read it: as text, as one
// file of HTML, and in lines while it goes on. It has no socket and no clock.
//
// Whatever a report holds, what comes of it is safe to write to a terminal: names are
// sanitised here, too.
package meshreport
