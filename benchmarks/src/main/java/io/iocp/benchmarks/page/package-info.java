/** What was measured, as pages for people and JSON for programs. */
@NullMarked
package io.iocp.benchmarks.page;

import org.jspecify.annotations.NullMarked;
