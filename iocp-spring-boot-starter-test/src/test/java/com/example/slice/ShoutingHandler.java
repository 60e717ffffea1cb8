package com.example.slice;

import io.iocp.spring.annotation.IoCompletionHandler;
import java.util.Locale;

/** Has the handler that a component inherits. */
abstract class ShoutingHandler {
    @IoCompletionHandler(server = "shout")
    String received(String text) {
        return text.toUpperCase(Locale.ROOT);
    }
}
