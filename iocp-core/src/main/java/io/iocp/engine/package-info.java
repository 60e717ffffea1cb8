/**
 * What an engine is: the loop that performs operations and reports completions. The engines themselves are one floor above,
 * one package each, and know nothing of each other.
 */
@NullMarked
package io.iocp.engine;

import org.jspecify.annotations.NullMarked;
