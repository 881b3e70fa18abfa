// One goroutine writes the total and then a log file; the other reads a configuration file, another one, and then the total.
// No data passes between the two files, and nothing documents that file operations order anything else.
//
// It is a race, and hb does not see it: which way the kernel and other processes carry what is written is not known at a call, and to take
// one way for none accused correct programs (clean/inotify-write and others). So all files share one object.
//
//hb:case racy row=22 pattern=result
//hb:expect variable=total what=variable missing=unjoined fits=channel|atomic
//hb:gap whatever was written may have come, by the kernel or another process, to whatever is read
//hb:stock misses every Read and Write of a file descriptor, of whatever file, shares one sync object
package main

import (
	"fmt"
	"os"
	"time"
)

func main() {
	logFile, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		panic(err)
	}
	config, err := os.Open("main.go")
	if err != nil {
		panic(err)
	}
	var total int
	logged := make(chan bool, 1)
	go func() {
		total = 42 // race: a
		logFile.WriteString("total computed\n")
		logged <- true
	}()
	for len(logged) == 0 {
		time.Sleep(time.Millisecond)
	}
	config.Read(make([]byte, 16))
	fmt.Println(total) // race: b
	<-logged
}
