package io.iocp.spring.autoconfigure.actuate;

import static org.assertj.core.api.Assertions.assertThat;

import io.iocp.spring.actuate.IocpDashboardEndpoint;
import io.iocp.spring.autoconfigure.IocpAutoConfiguration;
import org.junit.jupiter.api.Test;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.core.annotation.AnnotatedElementUtils;

class IocpDashboardEndpointAutoConfigurationTests {
    private final WebApplicationContextRunner application = new WebApplicationContextRunner()
            .withConfiguration(
                    AutoConfigurations.of(IocpAutoConfiguration.class, IocpDashboardEndpointAutoConfiguration.class))
            .withPropertyValues("iocp.engine=nio", "iocp.concurrency=1");

    private final WebApplicationContextRunner exposed =
            application.withPropertyValues("management.endpoints.web.exposure.include=iocpdashboard");

    @Test
    void whenExposedThenThereIsOne() {
        exposed.run(context -> assertThat(context).hasNotFailed().hasSingleBean(IocpDashboardEndpoint.class));
    }

    @Test
    void whenNotExposedThenItBacksOff() {
        application.run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(IocpDashboardEndpoint.class));
    }

    @Test
    void whenExposedOverJmxOnlyThenItBacksOff() {
        application
                .withPropertyValues("management.endpoints.jmx.exposure.include=*", "spring.jmx.enabled=true")
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(IocpDashboardEndpoint.class));
    }

    @Test
    void whenAccessIsDeniedThenItBacksOff() {
        exposed.withPropertyValues("management.endpoint.iocpdashboard.access=NONE")
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(IocpDashboardEndpoint.class));
    }

    @Test
    void whenThereIsNoPortThenItBacksOff() {
        exposed.withPropertyValues("iocp.enabled=false")
                .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(IocpDashboardEndpoint.class));
    }

    @Test
    void whenTheApplicationHasItsOwnThenThatOneStays() {
        IocpDashboardEndpoint own = new IocpDashboardEndpoint();
        exposed.withBean("own", IocpDashboardEndpoint.class, () -> own)
                .run(context ->
                        assertThat(context.getBean(IocpDashboardEndpoint.class)).isSameAs(own));
    }

    @Test
    void shouldBeReadOnlyByDefault() {
        assertThat(AnnotatedElementUtils.findMergedAnnotation(IocpDashboardEndpoint.class, Endpoint.class))
                .isNotNull()
                .extracting(Endpoint::defaultAccess)
                .isEqualTo(Access.READ_ONLY);
    }
}
