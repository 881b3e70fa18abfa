// A child process ends when its standard input is closed. Who waits for its end comes after what was done before the close.
//
//hb:case clean row=22 pattern=result
//hb:stock reports no order is drawn from what ends a process to the Wait for it
package main

import (
	"fmt"
	"os/exec"
)

func main() {
	child := exec.Command("cat")
	input, err := child.StdinPipe()
	if err != nil {
		panic(err)
	}
	if err := child.Start(); err != nil {
		panic(err)
	}
	var verdict string
	ended := make(chan string)
	go func() {
		child.Process.Wait()
		ended <- verdict
	}()
	verdict = "passed"
	input.Close()
	fmt.Println(<-ended)
}
