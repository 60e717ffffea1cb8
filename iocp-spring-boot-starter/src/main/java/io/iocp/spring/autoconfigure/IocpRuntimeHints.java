package io.iocp.spring.autoconfigure;

import java.lang.reflect.RecordComponent;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.boot.context.properties.bind.BindableRuntimeHintsRegistrar;
import org.springframework.core.ResolvableType;

/**
 * What a native image needs of the starter that nobody finds by looking at beans: the files of the dashboard, and the records
 * that keys are bound to and that stand in files of their own. Handler methods are found by their annotation, which is {@link
 * org.springframework.aot.hint.annotation.Reflective}; the C library's functions are in the core's own {@code
 * reachability-metadata.json}.
 */
final class IocpRuntimeHints implements RuntimeHintsRegistrar {

    @Override
    public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
        hints.resources().registerPattern("io/iocp/spring/actuate/dashboard.*");
        Set<Class<?>> properties = new LinkedHashSet<>();
        addRecords(ResolvableType.forClass(IocpProperties.class), properties);
        BindableRuntimeHintsRegistrar.forTypes(properties.toArray(Class<?>[]::new))
                .registerHints(hints);
    }

    /** Our records, and those that their components are made of, in maps and lists too. */
    private static void addRecords(ResolvableType type, Set<Class<?>> records) {
        for (ResolvableType argument : type.getGenerics()) {
            addRecords(argument, records);
        }
        Class<?> found = type.resolve(Object.class);
        if (found.isRecord() && found.getPackage() == IocpProperties.class.getPackage() && records.add(found)) {
            for (RecordComponent component : found.getRecordComponents()) {
                addRecords(ResolvableType.forType(component.getGenericType()), records);
            }
        }
    }
}
