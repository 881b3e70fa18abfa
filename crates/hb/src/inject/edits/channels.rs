//! Channels of zero-size elements: semaphores and signals. Their buffers have no memory, so all slots of one share an address.

use super::{Change, Edit, Group};

/// An address for each slot.
pub const SLOTS: Group = Group {
    name: "slots",
    without: "all users of a buffered channel of empty structs are ordered (missed races)",
    edits: EDITS,
    files: &[("runtime/zhb_channels.go", include_str!("../../../../../go/runtime_channels.go"))],
};

const EDITS: &[Edit] = &[
    Edit {
        name: "slots-memory",
        file: "runtime/chan.go",
        change: Change::Replace {
            text: "(mallocgc(hchanSize, nil, true))",
            with: "(mallocgc(hchanSize+hbslots(elem.Size_, size), nil, true))",
        },
    },
    Edit {
        name: "slots-notify",
        file: "runtime/chan.go",
        change: Change::Replace {
            text: "\tif c.elemsize == 0 {\n\t\tif sg == nil {\n",
            with: "\tif c.elemsize == 0 {\n\t\tif hbnotify(c, idx, sg) {} else if sg == nil {\n",
        },
    },
];
