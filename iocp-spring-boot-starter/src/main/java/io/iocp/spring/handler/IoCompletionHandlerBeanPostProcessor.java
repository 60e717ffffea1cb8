package io.iocp.spring.handler;

import io.iocp.operation.OperationKind;
import io.iocp.spring.annotation.ConnectionEvent;
import io.iocp.spring.annotation.IoCompletionHandler;
import io.iocp.spring.annotation.IoCompletionHandlers;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.config.BeanExpressionContext;
import org.springframework.beans.factory.config.BeanExpressionResolver;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.annotation.AnnotationUtils;

/**
 * Finds methods annotated with {@link IoCompletionHandler} in every bean, describes and registers them.
 *
 * <p>Next: {@link HandlerRegistry#register}.
 */
public final class IoCompletionHandlerBeanPostProcessor implements BeanPostProcessor {
    /** Name of the port that is meant where none is named. */
    private static final String DEFAULT_PORT = "default";

    private final Supplier<HandlerRegistry> registry;
    private final ConfigurableBeanFactory beanFactory;
    private final Set<Class<?>> withoutHandlers = ConcurrentHashMap.newKeySet();

    /**
     * Looks for nothing yet.
     *
     * @param registry asked for when the first handler is found, since bean post-processors are made before other beans
     * @param beanFactory resolves placeholders and expressions
     */
    public IoCompletionHandlerBeanPostProcessor(
            Supplier<HandlerRegistry> registry, ConfigurableBeanFactory beanFactory) {
        this.registry = registry;
        this.beanFactory = beanFactory;
    }

    @Override
    public Object postProcessAfterInitialization(Object bean, String beanName) {
        Class<?> type = AopUtils.getTargetClass(bean);
        if (withoutHandlers.contains(type) || !AnnotationUtils.isCandidateClass(type, IoCompletionHandler.class)) {
            return bean;
        }
        Map<Method, Set<IoCompletionHandler>> methods = handlerMethods(type);
        if (methods.isEmpty()) {
            withoutHandlers.add(type);
            return bean;
        }
        Set<IoCompletionHandler> ofClass = annotationsOf(type);
        methods.forEach((method, annotations) -> {
            Method callable = AopUtils.selectInvocableMethod(method, bean.getClass());
            String defaultId = beanName + "." + method.getName();
            if (methods.keySet().stream()
                    .anyMatch(m -> !m.equals(method) && m.getName().equals(method.getName()))) {
                defaultId += Arrays.stream(method.getParameterTypes())
                        .map(Class::getSimpleName)
                        .toList();
            }
            for (IoCompletionHandler annotation : annotations) {
                register(bean, defaultId, callable, annotation, ofClass);
            }
        });
        return bean;
    }

    /** Whether the class has handlers, and so must not be initialised lazily: nothing else would ask for it. */
    public static boolean hasHandlers(Class<?> type) {
        return AnnotationUtils.isCandidateClass(type, IoCompletionHandler.class)
                && !handlerMethods(type).isEmpty();
    }

    private static Map<Method, Set<IoCompletionHandler>> handlerMethods(Class<?> type) {
        MethodIntrospector.MetadataLookup<Set<IoCompletionHandler>> annotations = method -> {
            Set<IoCompletionHandler> found = annotationsOf(method);
            return found.isEmpty() ? null : found;
        };
        return MethodIntrospector.selectMethods(type, annotations);
    }

    /** Its own, repeated or on annotations of it; else those of what it overrides. */
    private static Set<IoCompletionHandler> annotationsOf(AnnotatedElement element) {
        Set<IoCompletionHandler> own = AnnotatedElementUtils.getMergedRepeatableAnnotations(
                element, IoCompletionHandler.class, IoCompletionHandlers.class);
        return !own.isEmpty()
                ? own
                : AnnotatedElementUtils.findMergedRepeatableAnnotations(
                        element, IoCompletionHandler.class, IoCompletionHandlers.class);
    }

    /** Registers the method once for each target: meters tell the servers apart by a tag, so the name may stay the same. */
    private void register(
            Object bean,
            String defaultId,
            Method method,
            IoCompletionHandler annotation,
            Set<IoCompletionHandler> ofClass) {
        boolean namesItself = namesSomething(annotation);
        List<IoCompletionHandler> sources =
                namesItself || ofClass.isEmpty() ? List.of(annotation) : List.copyOf(ofClass);
        for (IoCompletionHandler source : sources) {
            // What the method leaves out is said by the class's annotation that names the target; by its only one
            // otherwise.
            IoCompletionHandler defaults = !namesItself && !ofClass.isEmpty()
                    ? source
                    : ofClass.size() == 1 ? ofClass.iterator().next() : null;
            for (HandlerTarget target : targets(method, source)) {
                registry.get().register(describe(bean, defaultId, method, annotation, defaults, target));
            }
        }
    }

    private HandlerEndpoint describe(
            Object bean,
            String defaultId,
            Method method,
            IoCompletionHandler annotation,
            @Nullable IoCompletionHandler defaults,
            HandlerTarget target) {
        String id = text(annotation.id());
        String errorHandler = text(annotation.errorHandler());
        String autoStartup = text(annotation.autoStartup());
        boolean saysNothing = annotation.kinds().length == 0 && annotation.events().length == 0;
        OperationKind[] kinds = saysNothing && defaults != null ? defaults.kinds() : annotation.kinds();
        ConnectionEvent[] events = saysNothing && defaults != null ? defaults.events() : annotation.events();
        if (defaults != null) {
            errorHandler = errorHandler.isEmpty() ? text(defaults.errorHandler()) : errorHandler;
            autoStartup = autoStartup.isEmpty() ? text(defaults.autoStartup()) : autoStartup;
        }
        return HandlerEndpoint.builder(id.isEmpty() ? defaultId : id, target)
                .method(bean, method)
                .kinds(kinds)
                .events(events)
                .blocking(annotation.blocking() || (defaults != null && defaults.blocking()))
                .errorHandlerName(errorHandler)
                .autoStartup(autoStartup.isEmpty() || isTrue(method, autoStartup))
                .build();
    }

    private static boolean isTrue(Method method, String autoStartup) {
        if (!autoStartup.equals("true") && !autoStartup.equals("false")) {
            throw new InvalidHandlerException(
                    method, "has autoStartup = \"" + autoStartup + "\"", "It must resolve to true or false.");
        }
        return autoStartup.equals("true");
    }

    private static boolean namesSomething(IoCompletionHandler annotation) {
        return annotation.server().length > 0
                || annotation.client().length > 0
                || !annotation.channel().isEmpty()
                || !annotation.port().isEmpty();
    }

    private List<HandlerTarget> targets(Method method, IoCompletionHandler source) {
        List<HandlerTarget> connections = new ArrayList<>();
        names(source.server()).forEach(name -> connections.add(new HandlerTarget.Server(name)));
        names(source.client()).forEach(name -> connections.add(new HandlerTarget.Client(name)));
        Object channel = resolve(source.channel());
        String port = text(source.port());
        if (!connections.isEmpty()) {
            if (!channel.equals("") || !port.isEmpty()) {
                throw new InvalidHandlerException(
                        method, "names a server or client and also a channel or a port", "Name one of them.");
            }
            return connections;
        }
        if (source.server().length > 0 || source.client().length > 0) {
            return List.of(); // it names none, as the expression says
        }
        if (source.events().length > 0 && channel.equals("") && port.isEmpty()) {
            throw new InvalidHandlerException(
                    method, "is to be told of events and names neither a server nor a client", "Name one, or several.");
        }
        String onPort = port.isEmpty() ? DEFAULT_PORT : port;
        return List.of(
                channel.equals("") ? new HandlerTarget.Port(onPort) : new HandlerTarget.Channel(onPort, channel));
    }

    /** Each text may stand for several names, or for none. */
    private Set<String> names(String[] texts) {
        Set<String> names = new LinkedHashSet<>();
        for (String text : texts) {
            Object resolved = resolve(text);
            Collection<?> several = resolved instanceof Collection<?> collection
                    ? collection
                    : resolved instanceof Object[] array ? List.of(array) : List.of(resolved);
            for (Object name : several) {
                if (!name.toString().isEmpty()) {
                    names.add(name.toString());
                }
            }
        }
        return names;
    }

    private String text(String text) {
        return resolve(text).toString();
    }

    /** Placeholders and then expressions; what resolves to nothing is empty. */
    private Object resolve(String text) {
        if (text.isEmpty()) {
            return text;
        }
        String replaced = beanFactory.resolveEmbeddedValue(text);
        BeanExpressionResolver expressions = beanFactory.getBeanExpressionResolver();
        if (replaced == null || expressions == null) {
            return replaced == null ? "" : replaced;
        }
        Object value = expressions.evaluate(replaced, new BeanExpressionContext(beanFactory, null));
        return value == null ? "" : value;
    }
}
