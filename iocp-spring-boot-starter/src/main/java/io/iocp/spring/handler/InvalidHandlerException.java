package io.iocp.spring.handler;

import java.io.Serial;
import java.lang.reflect.Method;

/** A method annotated as a handler cannot be one as it is declared. */
public class InvalidHandlerException extends IllegalStateException {
    @Serial
    private static final long serialVersionUID = 1L;

    private final String problem;
    private final String remedy;

    public InvalidHandlerException(Method method, String problem, String remedy) {
        this("Handler method " + nameOf(method) + " " + problem + ".", remedy);
    }

    public InvalidHandlerException(String problem, String remedy) {
        super(problem + " " + remedy);
        this.problem = problem;
        this.remedy = remedy;
    }

    /** What is wrong, with the method's name. */
    public String problem() {
        return problem;
    }

    /** What to change. */
    public String remedy() {
        return remedy;
    }

    static String nameOf(Method method) {
        StringBuilder name = new StringBuilder(method.getDeclaringClass().getName())
                .append('.')
                .append(method.getName())
                .append('(');
        for (Class<?> type : method.getParameterTypes()) {
            name.append(name.charAt(name.length() - 1) == '(' ? "" : ", ").append(type.getSimpleName());
        }
        return name.append(')').toString();
    }
}
