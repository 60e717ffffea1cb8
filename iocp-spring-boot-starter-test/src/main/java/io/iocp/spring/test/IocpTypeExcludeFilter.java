package io.iocp.spring.test;

import io.iocp.spring.annotation.IoCompletionHandler;
import io.iocp.spring.annotation.IoCompletionHandlers;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.springframework.boot.test.context.filter.annotation.StandardAnnotationCustomizableTypeExcludeFilter;
import org.springframework.core.type.AnnotationMetadata;
import org.springframework.core.type.ClassMetadata;
import org.springframework.core.type.classreading.MetadataReader;
import org.springframework.core.type.classreading.MetadataReaderFactory;
import org.springframework.util.ClassUtils;

/** Which components a test annotated with {@link IocpTest} has: those with handler methods, and what the starter looks for. */
final class IocpTypeExcludeFilter extends StandardAnnotationCustomizableTypeExcludeFilter<IocpTest> {
    static final List<String> HANDLER_ANNOTATIONS =
            List.of(IoCompletionHandler.class.getName(), IoCompletionHandlers.class.getName());

    /** By name: a test must not need what an application does not have on its class path. */
    static final List<String> INCLUDES = List.of(
            "io.iocp.CompletionPort",
            "io.iocp.PortListener",
            "io.iocp.spring.autoconfigure.CompletionPortCustomizer",
            "io.iocp.spring.autoconfigure.IocpClientConnectionDetails",
            "io.iocp.spring.autoconfigure.PortListenerCustomizer",
            "io.iocp.spring.client.HostResolver",
            "io.iocp.spring.connection.ConnectionListener",
            "io.iocp.spring.connection.HandshakeListener",
            "io.iocp.spring.framing.FrameEncoder",
            "io.iocp.spring.framing.Framing",
            "io.iocp.spring.handler.CompletionErrorHandler",
            "io.iocp.spring.handler.HandlerDecorator",
            "io.iocp.spring.handler.HandlerParameterResolver");

    private final Set<Class<?>> includes = new LinkedHashSet<>();

    IocpTypeExcludeFilter(Class<?> testClass) {
        super(testClass);
        for (String name : INCLUDES) {
            try {
                includes.add(ClassUtils.forName(name, getClass().getClassLoader()));
            } catch (ClassNotFoundException | LinkageError _) {
                // Then no component is of that type either.
            }
        }
    }

    @Override
    protected Set<Class<?>> getKnownIncludes() {
        return includes;
    }

    @Override
    protected boolean defaultInclude(MetadataReader reader, MetadataReaderFactory readers) throws IOException {
        return super.defaultInclude(reader, readers) || hasHandlers(reader, readers);
    }

    /** As the bean post-processor sees it: methods of the class itself, of what it extends and what it implements. */
    private static boolean hasHandlers(MetadataReader reader, MetadataReaderFactory readers) throws IOException {
        AnnotationMetadata methods = reader.getAnnotationMetadata();
        if (HANDLER_ANNOTATIONS.stream().anyMatch(methods::hasAnnotatedMethods)) {
            return true;
        }
        ClassMetadata type = reader.getClassMetadata();
        Set<String> above = new LinkedHashSet<>(List.of(type.getInterfaceNames()));
        String parent = type.getSuperClassName();
        if (parent != null) {
            above.add(parent);
        }
        above.removeIf(name -> name.startsWith("java."));
        for (String name : above) {
            if (hasHandlers(readers.getMetadataReader(name), readers)) {
                return true;
            }
        }
        return false;
    }
}
