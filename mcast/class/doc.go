// Package class is a classroom: a LAN in a lab, and people who sit at its hosts with a
// screen before them that they see in a browser; or a network for each of them, where they
// mend the fault of an exercise. It knows no HTTP and no flags.
//
// The way of a key: page, [Tab.Input], a queue, a pseudo terminal, the program in a host of
// the lab, the pseudo terminal, [Terminal], [Tab.Next], page. Nobody waits for
// anybody on it: a program that reads nothing fills its queue, a page that reads slowly
// sees fewer screens.
//
// A [Board] tells the teacher who sits where and how far they are, a [Net] what has become
// of a network. Nothing tells what is said in it.
//
// Programs in seats are confined (package lab), because students are not the teacher.
package class
