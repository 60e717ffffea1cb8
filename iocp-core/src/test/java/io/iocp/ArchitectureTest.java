package io.iocp;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;

/** Arrows between the core's packages point downwards only: io.iocp, port, engines, engine, operation; linux. */
@AnalyzeClasses(packages = "io.iocp", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule PACKAGES_FORM_NO_CYCLE =
            slices().matching("(**)").should().beFreeOfCycles().allowEmptyShould(true);

    @ArchTest
    static final ArchRule ENGINES_KNOW_NO_PORT = noClasses()
            .that()
            .resideInAPackage("io.iocp.engine..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.iocp.port..")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule ENGINE_LOOP_KNOWS_NO_PORT_AND_NO_LINUX = noClasses()
            .that()
            .resideInAPackage("io.iocp.engine")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.iocp.port..", "io.iocp.linux..")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule NIO_KNOWS_NO_RING = noClasses()
            .that()
            .resideInAPackage("io.iocp.engine.nio..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.iocp.engine.uring..", "io.iocp.linux..")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule RING_KNOWS_NO_NIO = noClasses()
            .that()
            .resideInAPackage("io.iocp.engine.uring..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.iocp.engine.nio..")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule SIMULATED_KNOWS_NO_OTHER_ENGINE = noClasses()
            .that()
            .resideInAPackage("io.iocp.engine.simulated..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.iocp.engine.uring..", "io.iocp.engine.nio..", "io.iocp.linux..")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule OPERATIONS_ARE_DATA = noClasses()
            .that()
            .resideInAPackage("io.iocp.operation..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.iocp.engine..", "io.iocp.port..", "io.iocp.linux..", "io.iocp.tls..")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule LINUX_KNOWS_ONLY_ITSELF = noClasses()
            .that()
            .resideInAPackage("io.iocp.linux..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.iocp", "io.iocp.engine..", "io.iocp.port..", "io.iocp.operation..", "io.iocp.tls..")
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule ONLY_LINUX_CALLS_NATIVE_CODE = noClasses()
            .that()
            .resideOutsideOfPackage("io.iocp.linux..")
            .should()
            .dependOnClassesThat()
            .areAssignableTo(Linker.class)
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(SymbolLookup.class)
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule CORE_KNOWS_NO_FRAMEWORK = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.springframework..", "io.micrometer..", "org.slf4j..", "java.util.logging..")
            .allowEmptyShould(true);
}
