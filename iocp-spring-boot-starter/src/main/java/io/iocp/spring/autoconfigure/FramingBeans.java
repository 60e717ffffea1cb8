package io.iocp.spring.autoconfigure;

import io.iocp.spring.framing.Framing;
import io.iocp.spring.framing.UnknownFramingException;
import java.util.Set;
import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.ListableBeanFactory;

/** Framing beans by name; each is made only when a server or client names it. */
record FramingBeans(ListableBeanFactory beans) implements FramingProperties.Beans {

    @Override
    public Framing framing(String key, String name) {
        Set<String> known = Set.of(BeanFactoryUtils.beanNamesForTypeIncludingAncestors(beans, Framing.class));
        if (!known.contains(name)) {
            throw new UnknownFramingException(key, name, known);
        }
        return beans.getBean(name, Framing.class);
    }
}
