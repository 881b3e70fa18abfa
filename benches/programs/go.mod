module hb.example/benches

go 1.25
