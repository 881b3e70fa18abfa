//! Which modules, and which of their tests.

/// A module whose suite is run.
pub struct Module {
    /// Short, for files and `--only`.
    pub name: &'static str,
    /// What kind of program it is.
    pub kind: &'static str,
    /// Module path.
    pub path: &'static str,
    /// Packages of it.
    pub packages: &'static [&'static str],
    /// Flags of `go test`, where the whole suite takes too long, or needs a network or a server.
    pub flags: &'static [&'static str],
}

const ALL: &[&str] = &["./..."];

const fn whole(name: &'static str, kind: &'static str, path: &'static str) -> Module {
    Module { name, kind, path, packages: ALL, flags: &[] }
}

const fn short(name: &'static str, kind: &'static str, path: &'static str) -> Module {
    Module { name, kind, path, packages: ALL, flags: &["-short"] }
}

/// All modules, in the order of the table.
pub const MODULES: &[Module] = &[
    whole("x-sync", "concurrency", "golang.org/x/sync"),
    whole("conc", "concurrency", "github.com/sourcegraph/conc"),
    whole("ants", "goroutine pool", "github.com/panjf2000/ants/v2"),
    whole("goleak", "test helper", "go.uber.org/goleak"),
    whole("golang-lru", "cache", "github.com/hashicorp/golang-lru/v2"),
    whole("bigcache", "cache", "github.com/allegro/bigcache/v3"),
    whole("groupcache", "cache", "github.com/golang/groupcache"),
    whole("ristretto", "cache", "github.com/dgraph-io/ristretto/v2"),
    whole("xsync", "concurrent maps", "github.com/puzpuzpuz/xsync/v4"),
    whole("zap", "logging", "go.uber.org/zap"),
    whole("zerolog", "logging", "github.com/rs/zerolog"),
    whole("chi", "HTTP router", "github.com/go-chi/chi/v5"),
    whole("gin", "HTTP router", "github.com/gin-gonic/gin"),
    whole("websocket", "network protocol", "github.com/gorilla/websocket"),
    whole("prometheus", "metrics", "github.com/prometheus/client_golang"),
    whole("cobra", "CLI", "github.com/spf13/cobra"),
    whole("participle", "parser", "github.com/alecthomas/participle/v2"),
    whole("expr", "expression compiler", "github.com/expr-lang/expr"),
    short("goja", "JavaScript engine", "github.com/dop251/goja"),
    whole("age", "cryptography", "filippo.io/age"),
    short("x-crypto", "cryptography", "golang.org/x/crypto"),
    whole("go-sqlite3", "database by cgo", "github.com/mattn/go-sqlite3"),
    short("bbolt", "storage engine", "go.etcd.io/bbolt"),
    short("badger", "storage engine", "github.com/dgraph-io/badger/v4"),
    whole("etcd-raft", "consensus", "go.etcd.io/raft/v3"),
    short("hashicorp-raft", "consensus", "github.com/hashicorp/raft"),
    whole("sarama", "message client", "github.com/IBM/sarama"),
    short("nsq", "message broker", "github.com/nsqio/nsq"),
    whole("connect", "RPC", "connectrpc.com/connect"),
    short("grpc", "RPC", "google.golang.org/grpc"),
];
