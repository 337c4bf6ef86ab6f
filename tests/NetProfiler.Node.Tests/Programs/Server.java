import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;

/** The server of ServerTests: see ServerTests.Requests. */
class Server {
    public static void main(String[] arguments) throws IOException {
        var server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(arguments[0])), 100);
        server.setExecutor(Executors.newFixedThreadPool(4));
        server.createContext("/", exchange -> answer(exchange, 404, new byte[3]));
        server.createContext("/fail", exchange -> answer(exchange, 500, new byte[3]));
        server.createContext("/small", exchange -> answer(exchange, 200, new byte[6]));
        server.createContext("/large", exchange -> answer(exchange, 200, new byte[200000]));
        server.createContext("/echo", exchange -> answer(exchange, 200, exchange.getRequestBody().readAllBytes()));
        server.createContext("/chunked", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            try (var body = exchange.getResponseBody()) {
                for (int i = 0; i < 10; i++) body.write(new byte[i * 1000]);
            }
        });
        server.start();
        System.out.println("ready");
    }

    private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.getRequestBody().readAllBytes();
        boolean isHead = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, isHead || body.length == 0 ? -1 : body.length);
        if (!isHead && body.length > 0) exchange.getResponseBody().write(body);
        exchange.close();
    }
}
