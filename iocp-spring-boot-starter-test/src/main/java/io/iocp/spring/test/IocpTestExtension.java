package io.iocp.spring.test;

import io.iocp.engine.simulated.SimulatedNetwork;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.opentest4j.AssertionFailedError;
import org.springframework.context.ApplicationContext;
import org.springframework.test.context.junit.jupiter.SpringExtension;

/**
 * What {@link IocpTest} adds to JUnit: parameters of tests, the seed of a simulated network in the message of a test that
 * fails, clients that are closed after each test.
 */
final class IocpTestExtension
        implements ParameterResolver,
                TestExecutionExceptionHandler,
                LifecycleMethodExecutionExceptionHandler,
                AfterEachCallback {

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == IocpTestClients.class
                || type == SimulatedNetwork.class
                || (type == IocpTestClient.class && parameter.isAnnotated(ConnectedTo.class));
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        ApplicationContext application = SpringExtension.getApplicationContext(context);
        Class<?> type = parameter.getParameter().getType();
        if (type == SimulatedNetwork.class) {
            return application.getBeanProvider(SimulatedNetwork.class).getIfAvailable(() -> {
                throw new ParameterResolutionException(
                        "there is a SimulatedNetwork only with engine = EngineUnderTest.SIMULATED");
            });
        }
        IocpTestClients clients = application.getBean(IocpTestClients.class);
        return parameter
                .findAnnotation(ConnectedTo.class)
                .<Object>map(to -> to.secure() ? clients.connectSecurely(to.value()) : clients.connect(to.value()))
                .orElse(clients);
    }

    @Override
    public void handleBeforeEachMethodExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        handleTestExecutionException(context, failure);
    }

    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        SimulatedNetwork network = SpringExtension.getApplicationContext(context)
                .getBeanProvider(SimulatedNetwork.class)
                .getIfAvailable();
        throw network == null ? failure : withSeed(failure, network);
    }

    /** The same failure, with the network in its message; one whose message cannot be changed gets it beneath. */
    private static Throwable withSeed(Throwable failure, SimulatedNetwork network) {
        String seed = network.toString();
        String message = failure.getMessage();
        if (message != null && message.contains(seed)) {
            return failure;
        }
        String both = (message == null ? "" : message + System.lineSeparator()) + "on " + seed;
        return switch (failure) {
            case AssertionFailedError error -> sameExpectation(error, both);
            case AssertionError error -> sameStack(new AssertionError(both, error), error);
            default -> {
                failure.addSuppressed(new AssertionError("on " + seed));
                yield failure;
            }
        };
    }

    private static Throwable sameExpectation(AssertionFailedError error, String message) {
        return sameStack(
                error.isExpectedDefined() && error.isActualDefined()
                        ? new AssertionFailedError(message, error.getExpected(), error.getActual(), error)
                        : new AssertionFailedError(message, error),
                error);
    }

    private static Throwable sameStack(Throwable with, Throwable original) {
        with.setStackTrace(original.getStackTrace());
        return with;
    }

    @Override
    public void afterEach(ExtensionContext context) {
        closeClients(SpringExtension.getApplicationContext(context)
                .getBeanProvider(IocpTestClients.class)
                .getIfAvailable());
    }

    private static void closeClients(@Nullable IocpTestClients clients) {
        if (clients != null) {
            clients.close();
        }
    }
}
