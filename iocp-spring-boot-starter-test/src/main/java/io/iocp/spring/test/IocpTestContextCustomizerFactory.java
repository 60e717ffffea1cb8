package io.iocp.spring.test;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.test.context.ContextConfigurationAttributes;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.ContextCustomizerFactory;
import org.springframework.test.context.TestContextAnnotationUtils;

/** Finds {@link AutoConfigureIocpTest} on a test class. */
final class IocpTestContextCustomizerFactory implements ContextCustomizerFactory {

    @Override
    public @Nullable ContextCustomizer createContextCustomizer(
            Class<?> testClass, List<ContextConfigurationAttributes> configuration) {
        AutoConfigureIocpTest test =
                TestContextAnnotationUtils.findMergedAnnotation(testClass, AutoConfigureIocpTest.class);
        return test == null ? null : new IocpTestContextCustomizer(test.engine(), test.faults());
    }
}
