package io.iocp;

import java.lang.reflect.Method;
import java.util.Arrays;
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
        String property = System.getProperty("iocp.engine");
        String only =
                property == null ? null : property.toUpperCase(Locale.ROOT).replace('-', '_');
        Method test = context.getRequiredTestMethod();
        boolean byChoice = Arrays.asList(test.getParameterTypes()).contains(EngineChoice.class);
        boolean sockets = byChoice || test.getAnnotation(EachEngine.class).sockets();
        return Arrays.stream(TestEngine.values())
                .filter(engine -> engine.sockets() || !sockets)
                .filter(engine -> only == null || engine.name().equals(only))
                .map(engine -> Arguments.of(byChoice ? EngineChoice.valueOf(engine.name()) : engine));
    }

    @Override
    public void interceptTestTemplateMethod(
            Invocation<@Nullable Void> invocation, ReflectiveInvocationContext<Method> method, ExtensionContext context)
            throws Throwable {
        // Here and not in the provider, which could only fail or leave out all engines at once.
        if (method.getArguments().contains(EngineChoice.IO_URING)
                || method.getArguments().contains(TestEngine.IO_URING)) {
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
