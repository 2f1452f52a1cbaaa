// Package class is a classroom: a LAN in a lab, and people who sit at its hosts with a
// screen before them that they see in a browser. It knows no HTTP and no flags.
//
// The way of a key: page, [Seat.Input], a queue, a pseudo terminal, the program in a
// host of the lab, the pseudo terminal, [Terminal], [Seat.Next], page. Nobody waits for
// anybody on it: a program that reads nothing fills its queue, a page that reads slowly
// sees fewer screens.
//
// Programs in seats are confined (package lab), because students are not the teacher.
package class
