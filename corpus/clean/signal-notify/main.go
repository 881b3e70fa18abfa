// A signal that the program sends itself arrives after what was done before it was sent. The kernel delivers it, to a goroutine
// that nothing else ties to the sender.
//
//hb:case clean row=22 pattern=config
//hb:stock reports no order is drawn from a signal that is sent to its arrival
package main

import (
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	var settings string
	reloaded := make(chan string)
	go func() {
		<-hangup
		reloaded <- settings
	}()
	settings = "color=blue"
	syscall.Kill(os.Getpid(), syscall.SIGHUP)
	fmt.Println(<-reloaded)
}
