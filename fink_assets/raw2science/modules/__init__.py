"""The scientists' room: one file per science module. The list is written out, so that `grep` finds it."""
