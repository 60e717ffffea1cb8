package io.iocp.spring.test;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.util.ClassUtils;

/** Names that the slice has as text are names of classes, and it stands on nothing that users could not. */
class IncludesTest {

    static Stream<String> names() {
        return Stream.concat(
                IocpTypeExcludeFilter.INCLUDES.stream(), IocpTypeExcludeFilter.HANDLER_ANNOTATIONS.stream());
    }

    @ParameterizedTest
    @MethodSource("names")
    void everyNameIsThatOfAClass(String name) {
        assertThatCode(() -> ClassUtils.forName(name, null)).doesNotThrowAnyException();
    }

    @Test
    void onlyWhatIsPublishedIsUsed() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.iocp.port..", "io.iocp.engine.uring..", "io.iocp.engine.nio..", "io.iocp.linux..")
                .check(new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("io.iocp.spring.test"));
    }
}
