package io.iocp;

import java.lang.reflect.Method;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.ArgumentsProvider;
import org.junit.jupiter.params.support.ParameterDeclarations;

/** The engines that {@link EachEngine} runs a test on. */
final class Engines implements ArgumentsProvider, InvocationInterceptor {

    @Override
    public Stream<? extends Arguments> provideArguments(ParameterDeclarations parameters, ExtensionContext context) {
        String only = System.getProperty("iocp.engine");
        if (only == null) {
            return Stream.of(Arguments.of(EngineChoice.IO_URING), Arguments.of(EngineChoice.NIO));
        }
        return Stream.of(
                Arguments.of(EngineChoice.valueOf(only.toUpperCase(Locale.ROOT).replace('-', '_'))));
    }

    @Override
    public void interceptTestTemplateMethod(
            Invocation<@Nullable Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Throwable {
        // Here and not in the provider, which could only fail or leave out all engines at once.
        if (method.getArguments().contains(EngineChoice.IO_URING)) {
            try {
                NeedsCondition.require("io_uring");
            } catch (Throwable missing) {
                invocation.skip();
                throw missing;
            }
        }
        invocation.proceed();
    }
}
