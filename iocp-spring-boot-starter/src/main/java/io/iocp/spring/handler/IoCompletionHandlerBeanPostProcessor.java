package io.iocp.spring.handler;

import io.iocp.operation.OperationKind;
import io.iocp.spring.annotation.IoCompletionHandler;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.annotation.AnnotationUtils;
import org.springframework.util.StringValueResolver;

/**
 * Finds methods annotated with {@link IoCompletionHandler} in every bean, describes and registers them.
 *
 * <p>Next: {@link HandlerRegistry#register}.
 */
public final class IoCompletionHandlerBeanPostProcessor implements BeanPostProcessor {
    /** Name of the port that is meant where none is named. */
    private static final String DEFAULT_PORT = "default";

    private final Supplier<HandlerRegistry> registry;
    private final StringValueResolver placeholders;
    private final Set<Class<?>> withoutHandlers = ConcurrentHashMap.newKeySet();

    /** @param registry asked for when the first handler is found, since bean post-processors are made before other beans */
    public IoCompletionHandlerBeanPostProcessor(Supplier<HandlerRegistry> registry, StringValueResolver placeholders) {
        this.registry = registry;
        this.placeholders = placeholders;
    }

    @Override
    public Object postProcessAfterInitialization(Object bean, String beanName) {
        Class<?> type = AopUtils.getTargetClass(bean);
        if (withoutHandlers.contains(type) || !AnnotationUtils.isCandidateClass(type, IoCompletionHandler.class)) {
            return bean;
        }
        Map<Method, IoCompletionHandler> methods = handlerMethods(type);
        if (methods.isEmpty()) {
            withoutHandlers.add(type);
            return bean;
        }
        IoCompletionHandler defaults = AnnotatedElementUtils.findMergedAnnotation(type, IoCompletionHandler.class);
        methods.forEach((method, annotation) -> register(
                bean, beanName, AopUtils.selectInvocableMethod(method, bean.getClass()), annotation, defaults));
        return bean;
    }

    /** Whether the class has handlers, and so must not be initialised lazily: nothing else would ask for it. */
    public static boolean hasHandlers(Class<?> type) {
        return AnnotationUtils.isCandidateClass(type, IoCompletionHandler.class)
                && !handlerMethods(type).isEmpty();
    }

    private static Map<Method, IoCompletionHandler> handlerMethods(Class<?> type) {
        MethodIntrospector.MetadataLookup<IoCompletionHandler> annotationOf =
                method -> AnnotatedElementUtils.findMergedAnnotation(method, IoCompletionHandler.class);
        return MethodIntrospector.selectMethods(type, annotationOf);
    }

    /** Registers the method once for each target: meters tell the servers apart by a tag, so the name may stay the same. */
    private void register(
            Object bean,
            String beanName,
            Method method,
            IoCompletionHandler annotation,
            @Nullable IoCompletionHandler defaults) {
        String id = resolve(annotation.id());
        OperationKind[] kinds =
                annotation.kinds().length == 0 && defaults != null ? defaults.kinds() : annotation.kinds();
        for (HandlerTarget target : targets(method, annotation, defaults)) {
            registry.get()
                    .register(new HandlerEndpoint(
                            id.isEmpty() ? beanName + "." + method.getName() : id,
                            bean,
                            method,
                            target,
                            Set.of(kinds),
                            Set.of(annotation.events()),
                            annotation.blocking() || (defaults != null && defaults.blocking())));
        }
    }

    private List<HandlerTarget> targets(
            Method method, IoCompletionHandler annotation, @Nullable IoCompletionHandler defaults) {
        boolean namesNothing = annotation.server().length == 0
                && annotation.client().length == 0
                && annotation.channel().isEmpty()
                && annotation.port().isEmpty();
        IoCompletionHandler source = namesNothing && defaults != null ? defaults : annotation;
        List<HandlerTarget> servers = new ArrayList<>();
        for (String name : source.server()) {
            String server = resolve(name);
            if (!server.isEmpty()) {
                servers.add(new HandlerTarget.Server(server));
            }
        }
        for (String name : source.client()) {
            String client = resolve(name);
            if (!client.isEmpty()) {
                servers.add(new HandlerTarget.Client(client));
            }
        }
        String channel = resolve(source.channel());
        String port = resolve(source.port());
        if (!servers.isEmpty()) {
            if (!channel.isEmpty() || !port.isEmpty()) {
                throw new InvalidHandlerException(
                        method, "names a server and also a channel or a port", "Name one of them.");
            }
            return servers;
        }
        String onPort = port.isEmpty() ? DEFAULT_PORT : port;
        return List.of(channel.isEmpty() ? new HandlerTarget.Port(onPort) : new HandlerTarget.Channel(onPort, channel));
    }

    private String resolve(String text) {
        String resolved = text.isEmpty() ? text : placeholders.resolveStringValue(text);
        return resolved == null ? "" : resolved;
    }
}
