package io.iocp.demo.files;

import java.nio.file.Path;

/** What a path of the site leads to. */
sealed interface Resource permits OpenFile, Resource.Directory, Resource.Absent {

    /** A directory without an index. */
    record Directory(Path path) implements Resource {}

    /** Nothing that could be sent. */
    enum Absent implements Resource {
        /** There is no such file; or none that the site has, such as one that a link leads to out of it. */
        MISSING,
        /** It may not be read. */
        FORBIDDEN,
        /** A directory that was asked for without its slash. */
        NEEDS_SLASH
    }
}
