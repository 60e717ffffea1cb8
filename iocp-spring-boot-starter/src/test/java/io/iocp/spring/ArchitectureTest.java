package io.iocp.spring;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Arrows in the starter point downwards only: wiring (autoconfigure), things, the core's public package. */
@AnalyzeClasses(packages = "io.iocp.spring", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule PACKAGES_FORM_NO_CYCLE =
            slices().matching("(**)").should().beFreeOfCycles().allowEmptyShould(true);

    @ArchTest
    static final ArchRule THINGS_KNOW_NO_WIRING = noClasses()
            .that()
            .resideOutsideOfPackage("io.iocp.spring.autoconfigure..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.iocp.spring.autoconfigure..")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule NOBODY_REACHES_BELOW_THE_PORT = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.iocp.port..", "io.iocp.engine..", "io.iocp.linux..", "io.iocp.tls..")
            .allowEmptyShould(true);
}
