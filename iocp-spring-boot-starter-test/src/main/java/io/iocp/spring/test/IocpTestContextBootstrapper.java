package io.iocp.spring.test;

import org.springframework.boot.test.autoconfigure.TestSliceTestContextBootstrapper;

/** Finds the application's configuration and the properties of {@link IocpTest}. */
final class IocpTestContextBootstrapper extends TestSliceTestContextBootstrapper<IocpTest> {}
