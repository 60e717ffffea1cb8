package io.iocp.spring.tls;

import io.netty.handler.ssl.OpenSsl;
import org.jspecify.annotations.Nullable;
import org.springframework.util.ClassUtils;

/** Whether OpenSSL can be used by this process. */
final class OpenSslPresence {
    private static final String NETTY = "io.netty.handler.ssl.OpenSsl";
    private static final String NATIVE = "io.netty.internal.tcnative.SSL";

    /** Why it cannot be used; null if it can. */
    private static final @Nullable String PROBLEM = problem();

    private OpenSslPresence() {}

    static boolean isUsable() {
        return PROBLEM == null;
    }

    /** Why it cannot be used; null if it can. */
    static @Nullable String whyNot() {
        return PROBLEM;
    }

    private static @Nullable String problem() {
        ClassLoader loader = OpenSslPresence.class.getClassLoader();
        if (!ClassUtils.isPresent(NETTY, loader)) {
            return "'io.netty:netty-handler' is not on the class path";
        }
        if (!ClassUtils.isPresent(NATIVE, loader)) {
            return "'io.netty:netty-tcnative-boringssl-static' is not on the class path";
        }
        return Loading.problem();
    }

    /** Touches Netty's classes, which may not be there. */
    private static final class Loading {
        static @Nullable String problem() {
            Throwable cause = OpenSsl.unavailabilityCause();
            return cause == null ? null : "its native library cannot be loaded: " + BundleCheck.messageOf(cause);
        }
    }
}
