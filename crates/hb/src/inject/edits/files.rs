//! File descriptors: every write is ordered before every later read, because the two ends of a pipe or a socket cannot be told to belong
//! together. A regular file can be told: what is written to it comes before what is read from the same one.

use super::{Change, Edit, Group};

/// Reads and writes of regular files order by the file.
pub const FILES: Group = Group {
    name: "files",
    without: "every write to a file is ordered before every later read of any (missed races)",
    edits: EDITS,
    files: &[
        ("syscall/zhb_files_linux.go", include_str!("../../../../../go/syscall_files.go")),
        ("syscall/zhb_files_none_linux.go", include_str!("../../../../../go/syscall_files_none.go")),
    ],
};

const UNIX: &str = "syscall/syscall_unix.go";

const EDITS: &[Edit] = &[
    Edit {
        name: "file-read",
        file: UNIX,
        change: Change::Each {
            text: "race.Acquire(unsafe.Pointer(&ioSync))",
            times: 2,
            with: "race.Acquire(hbSync(fd))",
        },
    },
    Edit {
        name: "file-send",
        file: UNIX,
        change: Change::Replace {
            text: "race.ReleaseMerge(unsafe.Pointer(&ioSync))\n\t}\n\treturn sendfile(outfd,",
            with: "race.ReleaseMerge(hbSync(outfd))\n\t}\n\treturn sendfile(outfd,",
        },
    },
    Edit {
        name: "file-write",
        file: UNIX,
        change: Change::Each {
            text: "race.ReleaseMerge(unsafe.Pointer(&ioSync))",
            times: 2,
            with: "race.ReleaseMerge(hbSync(fd))",
        },
    },
    Edit {
        name: "file-close",
        file: "syscall/zsyscall_linux_amd64.go",
        change: Change::Replace {
            text: "\nfunc Close(fd int) (err error) {",
            with: "\nfunc Close(fd int) (err error) { hbClosed(fd);",
        },
    },
];
