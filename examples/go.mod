module example.com/hb-examples

go 1.25
