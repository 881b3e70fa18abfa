// A reload replaces fields of the configuration that requests are reading: two fields, two races.
//
//hb:case racy row=10 pattern=hot-config
//hb:expect variable=Config.Timeout what=field missing=unjoined fits=rwmutex|atomic-pointer|mutex
//hb:expect variable=Config.Host what=string missing=unjoined fits=rwmutex|atomic-pointer|mutex
package main

import "fmt"

type Config struct {
	Timeout int
	Retries int
	Host    string
}

var config = &Config{Timeout: 5, Host: "localhost"}

func reload(host string) {
	config.Timeout = 10 // race: a1
	config.Host = host  // race: a2
}

func handle() int {
	timeout := config.Timeout // race: b1
	host := config.Host       // race: b2
	return timeout + len(host)
}

func main() {
	done := make(chan struct{})
	go func() {
		reload("db.internal")
		close(done)
	}()
	n := handle()
	<-done
	fmt.Println(n > 0)
}
