package io.iocp.spring.autoconfigure;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.PortListener;
import io.iocp.PortOptions;
import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PortListenerCustomizerTest {

    @Test
    void shouldTellBothListenersOfEverythingThatThereIsToTell() throws ReflectiveOperationException {
        List<String> first = new ArrayList<>();
        List<String> second = new ArrayList<>();
        PortOptions options = PortOptions.defaults().listener(recording(first));

        PortListener both = requireNonNull(new PortListenerCustomizer(_ -> recording(second))
                .customize(options)
                .listener());
        List<String> called = new ArrayList<>();
        for (Method method : PortListener.class.getMethods()) {
            method.invoke(both, anything(method));
            called.add(method.getName());
        }

        assertThat(first).isEqualTo(called).hasSizeGreaterThan(10);
        assertThat(second).isEqualTo(called);
    }

    private static PortListener recording(List<String> names) {
        return (PortListener) Proxy.newProxyInstance(
                PortListener.class.getClassLoader(), new Class<?>[] {PortListener.class}, (_, method, _) -> {
                    names.add(method.getName());
                    return null;
                });
    }

    /** Null, or zero where there is no null. */
    private static @Nullable Object[] anything(Method method) {
        @Nullable Object[] arguments = new @Nullable Object[method.getParameterCount()];
        for (int i = 0; i < arguments.length; i++) {
            Class<?> type = method.getParameterTypes()[i];
            if (type.isPrimitive()) {
                arguments[i] = Array.get(Array.newInstance(type, 1), 0);
            }
        }
        return arguments;
    }
}
