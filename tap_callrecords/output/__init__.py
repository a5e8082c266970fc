"""How records leave: as RECORD lines, or as files that BATCH messages announce."""
