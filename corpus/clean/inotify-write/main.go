// One goroutine waits until inotify tells it that a file was written; main sets the configuration before it writes the file. The
// event cannot arrive before the write, although it comes by another descriptor.
//
//hb:case clean row=22 pattern=config
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

func main() {
	dir, err := os.MkdirTemp("", "watched")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	file, err := os.Create(filepath.Join(dir, "settings"))
	if err != nil {
		panic(err)
	}
	watch, err := syscall.InotifyInit1(syscall.IN_CLOEXEC)
	if err != nil {
		panic(err)
	}
	if _, err := syscall.InotifyAddWatch(watch, dir, syscall.IN_MODIFY); err != nil {
		panic(err)
	}
	var settings string
	seen := make(chan string)
	go func() {
		event := make([]byte, 4096)
		if _, err := syscall.Read(watch, event); err != nil {
			panic(err)
		}
		seen <- settings
	}()
	settings = "color=blue"
	file.WriteString("changed\n")
	fmt.Println(<-seen)
}
